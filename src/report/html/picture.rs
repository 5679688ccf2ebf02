//! The estate as a picture: where each box stands and what joins them. All of it is worked out here, from left to right: who
//! uses a key, the key, the account that it acts on, where money leaves to. The page only draws.
//!
//! An exchange is a band of its own, and a large one several, so that a printed page is never too small for one. Nothing is
//! measured but characters: the same estate gives the same picture everywhere.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use unicode_width::UnicodeWidthChar as _;

use super::Words;
use super::bands::{Account, Group, groups};
use super::leaks::{operations, reach_words};
use crate::declaration::Declaration;
use crate::exposure::estate::Estate;
use crate::exposure::radius::{Radius, reached};
use crate::exposure::{Amounts, Reach};
use crate::finding::Severity;
use crate::inventory::Inventory;
use crate::report::radius::KeyOut;
use crate::report::radius::table::{most_words, short, stopper};

/// Keys that are drawn, the worst first.
pub(super) const KEYS: usize = 60;
/// Systems and third parties that are drawn in one band.
const USERS: usize = 40;
/// Lanes of transfers beside a family of accounts.
const LANES: usize = 6;
/// Keys that a band has room for.
const ROWS: usize = 20;

pub(super) const WIDTH: i32 = 1200;
const HEAD: i32 = 40;
const USER: (i32, i32, i32) = (2, 214, 42);
const KEY: (i32, i32, i32) = (296, 262, 42);
const ACCOUNT: (i32, i32, i32) = (654, 246, 58);
const FRAME: (i32, i32) = (642, 270);
const EXIT: (i32, i32, i32) = (1012, 186, 44);
/// How far below the middle of an account its way off the exchange begins: above it transfers begin and end.
const EXIT_BELOW: i32 = 16;
/// Room for the words that a secret stands in plaintext.
const LEAKED: i32 = 76;
const LANE: (i32, i32) = (922, 13);
const MORE: i32 = 28;
const GAP: i32 = 8;

/// What is drawn.
#[derive(Serialize)]
pub(super) struct Picture {
    bands: Vec<Band>,
    /// What is not drawn, in a sentence.
    left_out: Option<String>,
    /// Kinds of lines that occur, for the legend.
    kinds: BTreeSet<&'static str>,
}

/// A part of the picture with its own height.
#[derive(Serialize)]
struct Band {
    title: String,
    /// The picture in sentences, for who does not see it.
    says: Vec<String>,
    height: i32,
    width: i32,
    frames: Vec<Frame>,
    edges: Vec<Edge>,
    boxes: Vec<Node>,
}

/// What surrounds the accounts of one owner.
#[derive(Serialize)]
struct Frame {
    x: i32,
    y: i32,
    w: i32,
    h: i32,
}

/// A line.
#[derive(Serialize)]
struct Edge {
    kind: &'static str,
    d: String,
    title: String,
}

/// A box with its words.
#[derive(Serialize)]
struct Node {
    kind: &'static str,
    x: i32,
    y: i32,
    w: i32,
    h: i32,
    /// All of its words, however many fit into it.
    title: String,
    head: String,
    line: String,
    severity: Option<&'static str>,
    /// How much of the largest balance of its currency an account holds, in pixels.
    bar: Option<i32>,
    bar_room: i32,
    /// That the secret of a key was found in plaintext.
    leaked: bool,
}

impl Node {
    fn new(kind: &'static str, (x, w, h): (i32, i32, i32), y: i32, head: (&str, i32), line: &str) -> Self {
        let room = w - 22;
        Self {
            kind,
            x,
            y,
            w,
            h,
            title: if line.is_empty() { head.0.to_owned() } else { format!("{}: {line}", head.0) },
            head: fit(head.0, room - head.1, 76),
            line: fit(line, room, 64),
            severity: None,
            bar: None,
            bar_room: room,
            leaked: false,
        }
    }
    fn middle(&self) -> i32 {
        self.y + self.h / 2
    }
}

/// What the picture is made from.
pub(super) struct Scene<'a> {
    pub inventory: &'a Inventory,
    pub estate: &'a Estate<'a>,
    pub radius: &'a Radius,
    pub keys: &'a [KeyOut],
    pub words: &'a Words<'a>,
    /// Keys whose secret was found in plaintext.
    pub leaked: &'a BTreeSet<usize>,
}

/// How wide a character is, in hundredths of an ordinary one: of the widest letters few fit into a box, whatever the font.
fn wide(c: char) -> i32 {
    match c {
        'W' | 'm' | '@' | '%' => 180,
        'M' | 'w' => 155,
        'A'..='Z' => 125,
        _ => 100 * c.width().unwrap_or(1).max(1) as i32,
    }
}

/// As many characters as there is room for, an ordinary one being so many tenths of a pixel wide.
fn fit(text: &str, room: i32, tenths: i32) -> String {
    let most = room.max(10) * 1000 / tenths;
    if text.chars().map(wide).sum::<i32>() <= most {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), 100);
    for c in text.chars() {
        used += wide(c);
        if used > most {
            break;
        }
        out.push(c);
    }
    format!("{}\u{2026}", out.trim_end())
}

/// A line that leaves and arrives level.
fn curve((x, y): (i32, i32), (to_x, to_y): (i32, i32)) -> String {
    let half = x.midpoint(to_x);
    format!("M{x} {y}C{half} {y} {half} {to_y} {to_x} {to_y}")
}

/// Draws it.
pub(super) fn picture(scene: &Scene<'_>) -> Picture {
    let (all, left_out) = groups(scene, KEYS);
    let mut packed: Vec<Vec<Group<'_>>> = Vec::new();
    let mut rows = 0;
    for group in all {
        let own = group.accounts.iter().map(|a| a.keys.len().max(1)).sum::<usize>();
        match packed.last_mut().filter(|band| band.first().is_some_and(|g| g.exchange == group.exchange) && rows + own <= ROWS) {
            Some(band) => {
                rows += own;
                band.push(group);
            }
            None => {
                rows = own;
                packed.push(vec![group]);
            }
        }
    }
    let scales = scales(scene.estate);
    let mut kinds = BTreeSet::new();
    let bands: Vec<Band> = packed.iter().map(|groups| band(scene, groups, &scales, &mut kinds)).collect();
    Picture { bands, left_out, kinds }
}

/// The largest balance of each currency.
fn scales(estate: &Estate<'_>) -> BTreeMap<String, f64> {
    let mut out: BTreeMap<String, f64> = BTreeMap::new();
    for (currency, amount) in estate.accounts.iter().flat_map(|a| a.balance.parts()) {
        let amount: f64 = amount.to_string().parse().unwrap_or_default();
        let most = out.entry(currency.to_string()).or_default();
        *most = most.max(amount);
    }
    out
}

/// Pixels of a bar: the largest part that one of the balances has of the largest of its currency.
fn bar(balance: &Amounts, scales: &BTreeMap<String, f64>, room: i32) -> Option<i32> {
    let shares = balance.parts().filter_map(|(currency, amount)| {
        let most = scales.get(&**currency).copied().filter(|m| *m > 0.0)?;
        Some(amount.to_string().parse::<f64>().ok()? / most)
    });
    let share = shares.fold(None, |a: Option<f64>, b| Some(a.map_or(b, |a| a.max(b))))?;
    Some(((share * f64::from(room)) as i32).clamp(i32::from(share > 0.0) * 2, room))
}

/// Who uses keys: a system or a third party.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone)]
struct User {
    party: bool,
    name: String,
    more: String,
}

struct Drawing<'a, 's> {
    scene: &'s Scene<'a>,
    band: Band,
    kinds: &'s mut BTreeSet<&'static str>,
    /// The users of the keys that were drawn, with the middles of these and whether it is a find.
    users: BTreeMap<User, Vec<(i32, bool, String)>>,
}

fn band(scene: &Scene<'_>, groups: &[Group<'_>], scales: &BTreeMap<String, f64>, kinds: &mut BTreeSet<&'static str>) -> Band {
    let title = groups.first().and_then(|g| g.exchange).map_or("unknown exchange", crate::model::Exchange::title).to_owned();
    let empty = Band { title, says: Vec::new(), height: 0, width: WIDTH, frames: Vec::new(), edges: Vec::new(), boxes: Vec::new() };
    let mut drawing = Drawing { scene, band: empty, kinds, users: BTreeMap::new() };
    let mut y = HEAD;
    for group in groups {
        y = drawing.group(group, y, scales) + 16;
    }
    drawing.users(y - 16)
}

impl Drawing<'_, '_> {
    fn edge(&mut self, kind: &'static str, d: String, title: String) {
        self.kinds.insert(kind);
        self.band.edges.push(Edge { kind, d, title });
    }

    /// The accounts of one owner with their keys; returns where they end.
    fn group(&mut self, group: &Group<'_>, top: i32, scales: &BTreeMap<String, f64>) -> i32 {
        let mut y = top + 10;
        let mut middles: BTreeMap<usize, (i32, i32)> = BTreeMap::new();
        let mut master: Option<(i32, i32)> = None;
        for account in &group.accounts {
            let keys = account.keys.len() as i32 * (KEY.2 + GAP) + if account.more > 0 { MORE + GAP } else { 0 } - GAP;
            let height = keys.max(if account.at.is_some() { ACCOUNT.2 } else { 0 });
            let middle = y + height / 2;
            let mut at = y + (height - keys) / 2;
            let target = account.at.map(|a| (a, (ACCOUNT.0 + account.depth * 18, middle)));
            for key in &account.keys {
                self.key(key, at, target.map(|(_, to)| to));
                at += KEY.2 + GAP;
            }
            if account.more > 0 {
                let words = format!("and {}", count(account.more, "more key", "more keys"));
                let node = Node::new("more", (KEY.0, KEY.1, MORE), at, (&words, 0), "");
                if let Some((_, to)) = target {
                    self.edge("acts", curve((KEY.0 + KEY.1, node.middle()), to), words);
                }
                self.band.boxes.push(node);
            }
            if let Some((place, (x, _))) = target {
                self.account(place, account, (x, middle), scales);
                middles.insert(place, (x, middle));
                // A sub-account hangs on its master.
                match (account.depth, master) {
                    (0, _) => master = Some((x, middle + ACCOUNT.2 / 2)),
                    (_, Some((mx, my))) => self.edge("owns", format!("M{} {my}V{middle}H{x}", mx + 8), "is a sub-account of".to_owned()),
                    _ => {}
                }
            }
            y += height + GAP + 2;
        }
        if group.hidden > 0 {
            let words = format!("and {}", count(group.hidden, "more account", "more accounts"));
            self.band.boxes.push(Node::new("more", (ACCOUNT.0 + 18, ACCOUNT.1 - 18, MORE), y, (&words, 0), ""));
            y += MORE + GAP + 2;
        }
        let bottom = y - GAP - 2 + 10;
        if !middles.is_empty() {
            self.band.frames.push(Frame { x: FRAME.0, y: top, w: FRAME.1, h: bottom - top });
        }
        self.lanes(group, &middles);
        bottom
    }

    fn key(&mut self, key: &KeyOut, y: i32, to: Option<(i32, i32)>) {
        let words = self.scene.words;
        let name = key.subject.id.as_deref().map(|id| words.name(id));
        let label = key.subject.label.as_deref().map(|l| words.name(l));
        let head = name.or(label.clone()).unwrap_or_else(|| "key without a name".to_owned());
        let does = key.ways.first().map(operations).filter(|o| !o.is_empty()).map_or_else(|| "nothing".to_owned(), |o| o.join(", "));
        let far = reach_words(key);
        let label = label.filter(|l| *l != head);
        // What it does comes first: where there is no room for both, the label is cut.
        let line = label.as_ref().map_or_else(|| does.clone(), |l| format!("{does} \u{b7} {l}"));
        let mut node = Node::new("key", KEY, y, (&head, 74), &line);
        node.severity = Some(key.severity.map_or("unknown", Severity::id));
        node.leaked = self.scene.leaked.contains(&key.at);
        if node.leaked {
            node.line = fit(&line, node.bar_room - LEAKED, 64);
        }
        let because = key.because.as_deref().map(|b| format!(": {}", words.name(b))).unwrap_or_default();
        let leaked = if node.leaked { "; its secret stands in plaintext" } else { "" };
        let label = label.map(|l| format!(" ({l})")).unwrap_or_default();
        node.title = format!("key {head}{label}, {}{because}{far}{leaked}", node.severity.unwrap_or(""));
        let middle = node.middle();
        if let Some(to) = to {
            self.edge("acts", curve((KEY.0 + KEY.1, middle), to), format!("{head} can {does}"));
        }
        for (user, found) in users_of(self.scene, key) {
            let users = self.users.entry(user).or_default();
            if !users.iter().any(|(y, f, _)| *y == middle && (*f == found || found)) {
                users.push((middle, found, head.clone()));
            }
        }
        self.band.says.push(node.title.clone());
        self.band.boxes.push(node);
    }

    fn account(&mut self, at: usize, account: &Account<'_>, (x, middle): (i32, i32), scales: &BTreeMap<String, f64>) {
        let (Some(record), Some(facts)) = (self.scene.inventory.accounts.get(at), self.scene.estate.accounts.get(at)) else { return };
        let name = Inventory::account_name(record).map_or_else(|| "account without a name".to_owned(), |n| self.scene.words.name(n));
        let known = facts.balance.parts().next().is_some();
        let balance = if known { self.scene.words.name(&facts.balance.to_string()) } else { "balance not stated".to_owned() };
        let purpose = self.scene.inventory.declared_account(record).and_then(|s| s.purpose.as_ref()).map(|p| p.value.id());
        let purpose = purpose.map(|p| format!(" \u{b7} {p}")).unwrap_or_default();
        let size = (x, ACCOUNT.0 + ACCOUNT.1 - x, ACCOUNT.2);
        let mut node = Node::new("account", size, middle - ACCOUNT.2 / 2, (&name, 0), &format!("{balance}{purpose}"));
        node.bar = bar(&facts.balance, scales, node.bar_room);
        let right = x + size.1;
        if let Some((kind, head, line)) = leaving(&account.all) {
            let exit = Node::new(kind, EXIT, middle + EXIT_BELOW - EXIT.2 / 2, (head, 0), &line);
            self.band.says.push(format!("from {name} money leaves to {head}: {line}"));
            self.edge(kind, format!("M{right} {}H{}", exit.middle(), EXIT.0), format!("from {name} to {head}: {line}"));
            self.band.boxes.push(exit);
        }
        self.band.boxes.push(node);
    }

    /// Transfers run beside the accounts, each source in a lane of its own.
    fn lanes(&mut self, group: &Group<'_>, middles: &BTreeMap<usize, (i32, i32)>) {
        let right = ACCOUNT.0 + ACCOUNT.1;
        let mut lane = 0usize;
        for account in &group.accounts {
            let Some((from, (_, y))) = account.at.and_then(|a| middles.get(&a).map(|m| (a, *m))) else { continue };
            let mut targets: BTreeSet<usize> = BTreeSet::new();
            for key in &account.all {
                let (Some(facts), Some(radius)) = (self.scene.estate.keys.get(key.at), self.scene.radius.keys.get(key.at)) else {
                    continue;
                };
                let reach = radius.ways.iter().flat_map(|w| &w.operations).map(|c| c.reach).max().unwrap_or(Reach::None);
                targets.extend(reached(self.scene.estate, facts, reach).filter(|t| middles.contains_key(t)));
            }
            targets.remove(&from);
            if targets.is_empty() {
                continue;
            }
            let (x, shift) = (LANE.0 + LANE.1 * (lane % LANES) as i32, -16 + 5 * (lane % LANES) as i32);
            lane += 1;
            let name = |at: usize| self.scene.inventory.accounts.get(at).and_then(Inventory::account_name).unwrap_or("?");
            let names: Vec<String> = targets.iter().map(|t| self.scene.words.name(name(*t))).collect();
            let says = format!("keys of {} reach {} by transfer", self.scene.words.name(name(from)), names.join(", "));
            self.band.says.push(says.clone());
            for target in &targets {
                let Some((_, to)) = middles.get(target) else { continue };
                let d = format!("M{right} {}H{x}V{}H{}", y + shift, to + shift, right + 3);
                self.edge("reaches", d, says.clone());
            }
        }
    }

    /// Who uses the keys, each as near to them as there is room.
    fn users(mut self, bottom: i32) -> Band {
        let all = std::mem::take(&mut self.users);
        let mean = |keys: &[(i32, bool, String)]| keys.iter().map(|(y, ..)| *y).sum::<i32>() / (keys.len().max(1) as i32);
        let mut users: Vec<(i32, User, Vec<(i32, bool, String)>)> = all.into_iter().map(|(user, keys)| (mean(&keys), user, keys)).collect();
        users.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let more = users.len().saturating_sub(USERS);
        users.truncate(USERS);
        // Downwards none may stand on the one before, and then upwards none below the picture, where that is possible.
        let step = USER.2 + GAP;
        let mut tops: Vec<i32> = Vec::with_capacity(users.len());
        for (middle, ..) in &users {
            let free = tops.last().map_or(HEAD + 10, |t| t + step);
            tops.push((middle - USER.2 / 2).max(free));
        }
        let mut below = bottom.max(HEAD + 10 + step * tops.len() as i32) + GAP;
        for top in tops.iter_mut().rev() {
            *top = (*top).min(below - step);
            below = *top;
        }
        let mut end = bottom;
        for (top, (_, user, keys)) in tops.into_iter().zip(users) {
            let kind = if user.party { "party" } else { "system" };
            let node = Node::new(kind, USER, top, (&user.name, 0), &user.more);
            for (y, found, key) in keys {
                let title = if found {
                    format!("the secret of {key} was found in the files of {}", user.name)
                } else {
                    format!("{} uses {key}", user.name)
                };
                self.band.says.push(title.clone());
                self.edge(if found { "found" } else { "uses" }, curve((USER.0 + USER.1, node.middle()), (KEY.0, y)), title);
            }
            end = end.max(node.y + node.h);
            self.band.boxes.push(node);
        }
        if more > 0 {
            let words = format!("and {}", count(more, "more system", "more systems"));
            self.band.boxes.push(Node::new("more", (USER.0, USER.1, MORE), end + GAP, (&words, 0), ""));
            end += GAP + MORE;
        }
        self.band.height = end + 6;
        self.band
    }
}

/// The systems and third parties of a key, and the systems in whose files its secret was found.
fn users_of(scene: &Scene<'_>, key: &KeyOut) -> Vec<(User, bool)> {
    let Some(record) = scene.inventory.keys.get(key.at) else { return Vec::new() };
    let words = scene.words;
    let system = |name: &str, system: &crate::declaration::System| {
        let server = system.server.as_ref().map(|s| format!("server {}", words.name(&s.value)));
        let environment = system.environment.as_ref().map(|e| words.name(&e.value)).filter(|e| e != "production");
        let more: Vec<String> = server.into_iter().chain(environment).collect();
        User { party: false, name: words.name(name), more: if more.is_empty() { "system".to_owned() } else { more.join(" \u{b7} ") } }
    };
    let mut out: Vec<(User, bool)> = scene.inventory.systems(record).into_iter().map(|(s, name)| (system(&name.value, s), false)).collect();
    let declaration: Option<&Declaration> = scene.inventory.declaration.as_ref();
    for holder in scene.inventory.holders(record) {
        let section = declaration.and_then(|d| d.third_parties.iter().find(|(name, _)| name.value == holder.value));
        let service =
            section.and_then(|(_, p)| p.service.as_ref()).map(|s| format!(" \u{b7} {}", words.name(&s.value))).unwrap_or_default();
        let user = User { party: true, name: words.name(&holder.value), more: format!("third party{service}") };
        if !out.iter().any(|(u, _)| *u == user) {
            out.push((user, false));
        }
    }
    for (at, _) in &record.found_in {
        if let Some((name, section)) = declaration.and_then(|d| d.systems.iter().nth(*at)) {
            let user = system(&name.value, section);
            if !out.iter().any(|(u, _)| *u == user) {
                out.push((user, true));
            }
        }
    }
    out
}

/// Where money leaves to, by the worst of an account's keys: the kind, whereto, how much and by which way.
fn leaving(keys: &[&KeyOut]) -> Option<(&'static str, &'static str, String)> {
    let each =
        || keys.iter().flat_map(|k| &k.ways).flat_map(|w| w.operations.iter().filter(|o| o.operation == "withdraw").map(move |o| (w, o)));
    if let Some((way, cell)) = each().find(|(_, o)| o.executed) {
        let head = if cell.assumed.is_empty() { "any address" } else { "any address?" };
        let line = if cell.bounds.iter().any(|b| b.amount.is_some()) {
            format!("{} by {}", most_words(&cell.bounds, true), short(way.way))
        } else {
            "everything on it".to_owned()
        };
        return Some(("anywhere", head, line));
    }
    let held = ["address-whitelist", "second-factor", "hold", "daily-limit"];
    let (_, cell) = each().find(|(_, o)| o.stopped_by.is_some_and(|s| held.contains(&s)))?;
    Some(("saved", "saved addresses", format!("by {}", stopper(cell.stopped_by))))
}

pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}
