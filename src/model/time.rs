//! Points in time, lengths of time, and holds.
//!
//! The one file that knows the calendar, and the one that reads the clock. Times are shown as RFC 3339 in UTC, whatever
//! offset they were written with, so that the same facts give the same bytes.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Add, Sub};

use jiff::{SignedDuration, Timestamp};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time, shown as RFC 3339 in UTC with decimals only where there are any: `2026-01-01T00:00:00Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Timestamp);

/// The text is not a point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a date, such as `2026-11-01`, or a time with its offset, such as `2026-11-01T09:30:00Z`")]
pub struct TimeError;

/// From 1971-01-01 up to the end of 2200, in seconds since 1970: what a count of seconds or milliseconds may plausibly
/// be. A count in the other unit, or a zero for "never", is outside.
const PLAUSIBLE_SECONDS: std::ops::Range<i64> = 31_536_000..7_289_654_400;

impl Time {
    /// The clock's time, to the second. Asked once in a run, at its edge.
    pub fn this_second() -> Self {
        Self(Timestamp::from_second(Timestamp::now().as_second()).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// Reads RFC 3339 with any offset, or a date alone, which is its midnight in UTC.
    ///
    /// # Errors
    /// The text is neither, or no such day or hour exists.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let text = text.trim();
        let whole = match text.len() {
            10 => Cow::Owned(format!("{text}T00:00:00Z")),
            _ => Cow::Borrowed(text),
        };
        if !is_rfc3339(&whole) {
            return Err(TimeError);
        }
        whole.parse().map(Self).map_err(|_| TimeError)
    }

    /// From seconds since 1970; nothing outside the years 1971 to 2200.
    pub fn from_epoch_seconds(seconds: i64) -> Option<Self> {
        let plausible = PLAUSIBLE_SECONDS.contains(&seconds);
        plausible.then(|| Timestamp::from_second(seconds).ok()).flatten().map(Self)
    }

    /// A time that nobody vouches for, from seconds since 1970; the nearest end of the calendar for one beyond it.
    pub fn claimed(seconds: i64) -> Self {
        let end = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Self(Timestamp::from_second(seconds).unwrap_or(end))
    }

    /// Seconds since 1970.
    pub fn epoch_seconds(&self) -> i64 {
        self.0.as_second()
    }

    /// From milliseconds since 1970; nothing outside the years 1971 to 2200.
    pub fn from_epoch_millis(millis: i64) -> Option<Self> {
        let plausible = PLAUSIBLE_SECONDS.contains(&millis.div_euclid(1000));
        plausible.then(|| Timestamp::from_millisecond(millis).ok()).flatten().map(Self)
    }

    /// How long after `earlier` it is; zero when it is not after it. Less than a millisecond does not count.
    pub fn since(&self, earlier: &Self) -> Period {
        Period { millis: u64::try_from(self.0.duration_since(earlier.0).as_millis()).unwrap_or(0) }
    }
}

/// Later by the period; at the end of the calendar, its last moment.
impl Add<Period> for Time {
    type Output = Self;
    fn add(self, period: Period) -> Self {
        Self(self.0.checked_add(period.signed()).unwrap_or(Timestamp::MAX))
    }
}

/// Earlier by the period; at the start of the calendar, its first moment.
impl Sub<Period> for Time {
    type Output = Self;
    fn sub(self, period: Period) -> Self {
        Self(self.0.checked_sub(period.signed()).unwrap_or(Timestamp::MIN))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The shape that RFC 3339 demands: `YYYY-MM-DDTHH:MM:SS`, decimals, `Z` or `±HH:MM`. The calendar's parser takes more.
fn is_rfc3339(text: &str) -> bool {
    let shaped = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(c, s)| match s {
                b'0' => c.is_ascii_digit(),
                b'T' => matches!(c, b'T' | b't' | b' '),
                b'+' => matches!(c, b'+' | b'-'),
                _ => c == s,
            })
    };
    let Some((moment, rest)) = text.split_at_checked(19) else { return false };
    let offset = match rest.strip_prefix('.') {
        Some(decimals) => {
            let offset = decimals.trim_start_matches(|c: char| c.is_ascii_digit());
            // One to nine decimals: what the calendar keeps.
            if !(1..=9).contains(&decimals.len().saturating_sub(offset.len())) {
                return false;
            }
            offset
        }
        None => rest,
    };
    shaped(moment, "0000-00-00T00:00:00") && (matches!(offset, "Z" | "z") || shaped(offset, "+00:00"))
}

/// A length of time, to the millisecond, shown in the largest unit that says it exactly: `90 days`, `1500 ms`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    millis: u64,
}

/// Why a text is not a period. The messages never quote the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// A number alone.
    #[error("the unit is missing; write number and unit, such as `24 hours`")]
    NoUnit,
    /// `1.5 hours`.
    #[error("a period is a whole number of its unit; write `90 minutes`, not `1.5 hours`")]
    Fraction,
    /// `3 months`, `1 year`.
    #[error("months and years differ in length; write days, such as `90 days`")]
    Calendar,
    /// Beyond what a number of milliseconds holds.
    #[error("a period that is too long")]
    TooLong,
    /// `0 hours` where there is none.
    #[error("a hold of zero is none; write `none`")]
    ZeroHold,
    /// Anything else.
    #[error("expected a number and a unit (ms, seconds, minutes, hours, days, weeks), such as `24 hours`")]
    NotAPeriod,
}

const UNITS: [(&str, u64); 5] = [("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1000), ("ms", 1)];

impl Period {
    /// So many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self { millis }
    }

    /// So many days of 24 hours; the longest period there is, when there are too many.
    pub const fn from_days(days: u64) -> Self {
        Self { millis: days.saturating_mul(86_400_000) }
    }

    /// Its milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.millis
    }

    /// Whether it has no length.
    pub const fn is_zero(self) -> bool {
        self.millis == 0
    }

    /// Reads `24 hours`: a whole number and a unit, with or without a space.
    ///
    /// # Errors
    /// What is wrong, with how to write it; never the text.
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        let text = text.trim();
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(end).ok_or(PeriodError::NotAPeriod)?;
        if number.is_empty() {
            return Err(PeriodError::NotAPeriod);
        }
        let unit = match unit.trim_start() {
            "ms" | "millisecond" | "milliseconds" => 1,
            "s" | "second" | "seconds" => 1000,
            "min" | "minute" | "minutes" => 60_000,
            "h" | "hour" | "hours" => 3_600_000,
            "d" | "day" | "days" => 86_400_000,
            "week" | "weeks" => 604_800_000,
            "month" | "months" | "year" | "years" => return Err(PeriodError::Calendar),
            "" => return Err(PeriodError::NoUnit),
            more if more.starts_with(['.', ',']) && more.chars().nth(1).is_some_and(|c| c.is_ascii_digit()) => {
                return Err(PeriodError::Fraction);
            }
            _ => return Err(PeriodError::NotAPeriod),
        };
        let millis = number.parse().ok().and_then(|n: u64| n.checked_mul(unit)).ok_or(PeriodError::TooLong)?;
        Ok(Self { millis })
    }

    fn signed(self) -> SignedDuration {
        SignedDuration::from_millis(i64::try_from(self.millis).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exact = UNITS.into_iter().find(|(_, unit)| !self.is_zero() && self.millis.is_multiple_of(*unit));
        let (name, unit) = exact.unwrap_or(("second", 1000));
        let count = self.millis / unit;
        let plural = if count == 1 || name == "ms" { "" } else { "s" };
        write!(f, "{count} {name}{plural}")
    }
}

/// How long something new has to wait before it can be used, where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hold {
    /// Not at all, and that is stated.
    None,
    /// For a period above zero; [`Hold::of`] and [`Hold::parse`] see to it.
    For(Period),
}

impl Hold {
    /// A hold of such a length: none, when it is zero.
    pub fn of(period: Period) -> Self {
        if period.is_zero() { Self::None } else { Self::For(period) }
    }

    /// Its length, zero for none.
    pub fn period(self) -> Period {
        match self {
            Self::None => Period::default(),
            Self::For(period) => period,
        }
    }

    /// Reads `none` or a period above zero.
    ///
    /// # Errors
    /// What is wrong, with how to write it; never the text.
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        if text.trim() == "none" {
            return Ok(Self::None);
        }
        let period = Period::parse(text)?;
        if period.is_zero() { Err(PeriodError::ZeroHold) } else { Ok(Self::For(period)) }
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::For(period) => period.fmt(f),
        }
    }
}

/// A scalar that is a text, or something else, which is not quoted.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Other(IgnoredAny),
}

macro_rules! as_text {
    ($type:ident, $wrong:expr, $about:literal, $pattern:expr, $examples:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                match Scalar::deserialize(deserializer)? {
                    Scalar::Text(text) => Self::parse(&text).map_err(D::Error::custom),
                    Scalar::Other(IgnoredAny) => Err(D::Error::custom($wrong)),
                }
            }
        }
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "description": $about, "pattern": $pattern, "examples": $examples })
            }
        }
    };
}

macro_rules! period_pattern {
    ($also:literal) => {
        concat!(r"^\s*(", $also, r"[0-9]+\s*(ms|milliseconds?|s|seconds?|min|minutes?|h|hours?|d|days?|weeks?))\s*$")
    };
}

as_text!(
    Time,
    TimeError,
    "A date, or a time with its offset.",
    r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2}))?\s*$",
    ["2026-11-01", "2026-11-01T09:30:00Z"]
);
as_text!(Period, PeriodError::NotAPeriod, "A whole number and a unit.", period_pattern!(""), ["24 hours", "90 days"]);
as_text!(
    Hold,
    PeriodError::NotAPeriod,
    "How long a change waits before it counts, or `none`.",
    period_pattern!("none|"),
    ["24 hours", "none"]
);

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        Time::parse(text).ok().map(|t| t.to_string())
    }

    #[test]
    fn times_are_shown_in_utc() {
        for (text, utc) in [
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            (" 2026-11-01 ", "2026-11-01T00:00:00Z"),
            ("2026-06-11T09:00:00+09:00", "2026-06-11T00:00:00Z"),
            ("2026-06-11T00:30:00-05:30", "2026-06-11T06:00:00Z"),
            ("2026-06-11t00:30:00z", "2026-06-11T00:30:00Z"),
            ("2026-06-11 00:30:00-00:00", "2026-06-11T00:30:00Z"),
            ("2026-06-11T00:30:00.600Z", "2026-06-11T00:30:00.6Z"),
            ("2026-06-11T00:30:00.000Z", "2026-06-11T00:30:00Z"),
            ("2026-06-11T00:30:00.123456789Z", "2026-06-11T00:30:00.123456789Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("2028-02-29", "2028-02-29T00:00:00Z"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(utc), "{text}");
            assert_eq!(shown(utc).as_deref(), Some(utc));
        }
    }

    #[test]
    fn what_is_not_rfc3339_is_no_time() {
        for text in [
            "",
            "2026",
            "2026-11",
            "2026-1-1",
            "20261101",
            "2026-11-31",
            "2026-02-29",
            "2026-13-01",
            "01.11.2026",
            "11/01/2026",
            "2026-11-01T09:30:00",
            "2026-11-01T09:30Z",
            "2026-11-01T24:00:00Z",
            "2026-11-01T09:61:00Z",
            "2026-11-01T09:30:00+0900",
            "2026-11-01T09:30:00+09",
            "2026-11-01T09:30:00.Z",
            "2026-11-01T09:30:00,5Z",
            "2026-11-01T09:30:00.0000000001Z",
            "2026-11-01T09:30:00Z[UTC]",
            "2026-11-01T09:30:00+09:00:00",
            "+002026-11-01T09:30:00Z",
            "1767225600",
            "tomorrow",
            "２０２６-11-01",
            "2026-11-01T09:30:00+99:00",
            "2026-11-0é",
        ] {
            assert_eq!(Time::parse(text), Err(TimeError), "{text}");
        }
    }

    #[test]
    fn counts_since_1970_are_taken_when_plausible() {
        let seconds = |n| Time::from_epoch_seconds(n).map(|t| t.to_string());
        let millis = |n| Time::from_epoch_millis(n).map(|t| t.to_string());
        assert_eq!(seconds(1_767_225_600).as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(millis(1_767_225_600_250).as_deref(), Some("2026-01-01T00:00:00.25Z"));
        assert_eq!(seconds(31_536_000).as_deref(), Some("1971-01-01T00:00:00Z"));
        assert_eq!(millis(31_536_000_000).as_deref(), Some("1971-01-01T00:00:00Z"));
        assert_eq!(seconds(7_289_654_399).as_deref(), Some("2200-12-31T23:59:59Z"));
        assert_eq!(millis(7_289_654_399_999).as_deref(), Some("2200-12-31T23:59:59.999Z"));
        for n in [0, -1, 1, 31_535_999, 7_289_654_400, 1_767_225_600_250, i64::MIN, i64::MAX] {
            assert_eq!(seconds(n), None, "{n}");
        }
        for n in [0, -1, 1_767_225_600, 31_535_999_999, 7_289_654_400_000, i64::MIN, i64::MAX] {
            assert_eq!(millis(n), None, "{n}");
        }
    }

    #[test]
    fn periods_are_shown_in_their_largest_exact_unit() {
        for (text, period, millis) in [
            ("24 hours", "1 day", 86_400_000),
            ("90 days", "90 days", 7_776_000_000),
            ("5 s", "5 seconds", 5000),
            ("5s", "5 seconds", 5000),
            ("1 day", "1 day", 86_400_000),
            ("2 weeks", "14 days", 1_209_600_000),
            ("1500 ms", "1500 ms", 1500),
            ("1 ms", "1 ms", 1),
            ("5000 ms", "5 seconds", 5000),
            ("30 minutes", "30 minutes", 1_800_000),
            ("90 min", "90 minutes", 5_400_000),
            (" 36  h ", "36 hours", 129_600_000),
            ("1 second", "1 second", 1000),
            ("0 days", "0 seconds", 0),
        ] {
            assert_eq!(Period::parse(text), Ok(Period::from_millis(millis)), "{text}");
            assert_eq!(Period::from_millis(millis).to_string(), period);
            assert_eq!(Period::parse(period), Ok(Period::from_millis(millis)));
        }
        assert_eq!((Period::from_days(1), Period::from_days(u64::MAX)), (Period::from_millis(86_400_000), Period::from_millis(u64::MAX)));
    }

    #[test]
    fn what_is_not_a_period_says_why() {
        use PeriodError::*;
        for (text, error) in [
            ("24", NoUnit),
            ("1.5 hours", Fraction),
            ("1,5 hours", Fraction),
            ("3 months", Calendar),
            ("1 year", Calendar),
            ("99999999999999999999 s", TooLong),
            ("18446744073709551615 weeks", TooLong),
            ("", NotAPeriod),
            ("hours", NotAPeriod),
            ("-5 s", NotAPeriod),
            ("5 m", NotAPeriod),
            ("5 Hours", NotAPeriod),
            ("5 hours 3 minutes", NotAPeriod),
            ("PT5S", NotAPeriod),
            ("none", NotAPeriod),
            ("５ s", NotAPeriod),
            ("5.", NotAPeriod),
        ] {
            assert_eq!(Period::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_hold_is_none_or_above_zero() {
        assert_eq!(Hold::parse(" none "), Ok(Hold::None));
        assert_eq!(Hold::parse("24 hours"), Ok(Hold::For(Period::from_days(1))));
        assert_eq!(Hold::parse("0 hours"), Err(PeriodError::ZeroHold));
        assert!(Hold::parse("None").is_err() && Hold::parse("").is_err());
        assert_eq!((Hold::of(Period::default()), Hold::None.period()), (Hold::None, Period::default()));
        assert_eq!((Hold::None.to_string(), Hold::of(Period::from_days(1)).to_string()), ("none".into(), "1 day".into()));
        assert!(Hold::None < Hold::For(Period::from_millis(1)));
    }

    #[test]
    fn arithmetic_stays_in_the_calendar() {
        let time = |t| Time::parse(t).unwrap();
        assert_eq!(time("2026-01-01") + Period::from_days(90), time("2026-04-01"));
        assert_eq!(time("2026-04-01") - Period::from_days(90), time("2026-01-01"));
        assert_eq!(time("2026-04-01").since(&time("2026-01-01")), Period::from_days(90));
        assert_eq!(time("2026-01-01").since(&time("2026-04-01")), Period::default());
        let (late, early) = (time("2026-01-01") + Period::from_days(u64::MAX), time("2026-01-01") - Period::from_days(u64::MAX));
        assert!(late > time("9999-01-01") && early < time("0001-01-01"));
        assert!(late.since(&early) > Period::from_days(5_000_000));
        assert!(Time::this_second() > time("2024-01-01"));
    }

    #[test]
    fn serde_takes_texts_only_and_quotes_nothing() {
        assert_eq!(serde_json::from_str::<Period>(r#""24 hours""#).unwrap(), Period::from_days(1));
        assert_eq!(serde_json::from_str::<Hold>(r#""none""#).unwrap(), Hold::None);
        assert_eq!(serde_json::to_string(&(Hold::None, Period::from_days(2))).unwrap(), r#"["none","2 days"]"#);
        assert_eq!(serde_json::to_string(&Time::parse("2026-11-01").unwrap()).unwrap(), r#""2026-11-01T00:00:00Z""#);
        for text in ["7317", "7317.5", "[7317]", r#"{"7317":7317}"#, r#""7317""#, r#""7317 x""#] {
            for error in [
                serde_json::from_str::<Period>(text).unwrap_err().to_string(),
                serde_json::from_str::<Hold>(text).unwrap_err().to_string(),
                serde_json::from_str::<Time>(text).unwrap_err().to_string(),
            ] {
                assert!(!error.contains("7317") && error.contains("such as"), "{error}");
            }
        }
        assert_eq!(schemars::schema_for!(Hold).get("type"), Some(&serde_json::json!("string")));
    }
}
