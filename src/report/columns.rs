//! Tables of the commands that print one for a person.

use unicode_width::UnicodeWidthStr;

use super::human::{Pen, Tone};

/// Rows in columns, the first in the tone of its row; the head is quiet.
pub(super) fn columns<const N: usize>(head: &[&str; N], rows: &[(Tone, [String; N])], pen: &Pen, page: &mut String) {
    let mut widths = head.map(UnicodeWidthStr::width);
    for (_, row) in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let mut line = |tone: Tone, cells: &[String]| {
        for (n, (width, cell)) in widths.iter().zip(cells).enumerate() {
            let last = n + 1 == cells.len();
            let blanks = if last { 0 } else { width - cell.width() + 2 };
            page.push_str(&if n == 0 || tone == Tone::Quiet { pen.painted(tone, cell) } else { pen.painted(Tone::Plain, cell) });
            page.extend(std::iter::repeat_n(' ', blanks));
        }
        let kept = page.trim_end_matches(' ').len();
        page.truncate(kept);
        page.push('\n');
    };
    line(Tone::Quiet, &head.map(str::to_owned));
    rows.iter().for_each(|(tone, cells)| line(*tone, cells));
}
