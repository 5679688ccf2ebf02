//! What the names around a value say it is, and which names say that it is something else.

use super::catalogue::{Kind, bare};
use super::context::{Around, How, is_neutral};
use super::enclosing::{named_by_sibling, parents};
use super::names::{self, Reading};
use super::scene::Scene;
use crate::model::SecretPart;

impl Scene<'_> {
    /// What the names around a value say: the part, the name's reading, and whether a name says that it is something else.
    pub(super) fn role(&self, around: &Around, token: usize) -> (Option<SecretPart>, Option<Reading>, bool) {
        // `X-Auth: BITSTAMP …`: a scheme of whom it is sent to.
        if let [scheme, header, ..] = around.names.as_slice()
            && scheme.how == How::Near
            && matches!(bare(&header.text).as_str(), "xauth" | "authorization" | "auth")
            && let Some((venue, true)) = self.read(&scheme.text).venue
            && !scheme.text.contains(' ')
        {
            let reading = Reading { part: Some(SecretPart::Key), venue: Some((venue, true)), ..Reading::default() };
            return (reading.part, Some(reading), false);
        }
        let mut first = true;
        let mut best: Option<Reading> = None;
        // Of several words the last one says what the value is of.
        let neutral = |name: &str| is_neutral(name.rsplit(' ').next().unwrap_or(name));
        let mut names: Vec<(String, How)> = around.names.iter().map(|n| (n.text.clone(), n.how)).collect();
        if names.first().is_some_and(|(n, _)| neutral(n)) {
            if let Some(name) = named_by_sibling(self.lexed, self.bytes, token) {
                names.insert(0, (name, How::Assigned));
            } else if let Some(parent) = parents(self.lexed, self.bytes, around.frame).first() {
                names.insert(1, (parent.clone(), How::Assigned));
            }
        }
        for (name, how) in &names {
            let mut reading = if *how == How::Assigned { self.read(name) } else { self.read_words(name) };
            // A sentence before a colon: its last words name what follows.
            if reading.part.is_none() && !reading.refused && name.split(' ').count() >= 4 {
                reading = self.read_words(name);
            }
            if reading.refused && first && *how != How::Line {
                return (None, Some(reading), true);
            }
            if reading.part.is_some() && !reading.refused {
                let better = best.is_none_or(|b| (b.bare || b.short) && !(reading.bare || reading.short) && b.part == reading.part);
                if better {
                    let venue = best.and_then(|b| b.venue).or(reading.venue);
                    best = Some(Reading { venue, ..reading });
                }
                if best.is_some_and(|b| !b.bare && !b.short) {
                    break;
                }
            }
            if !neutral(name) {
                first = false;
            }
        }
        (best.and_then(|b| b.part), best, false)
    }

    /// Reads words that stand before a value: the last two, the last one, more of them.
    fn read_words(&self, text: &str) -> Reading {
        let words: Vec<&str> = text.split(' ').filter(|w| !w.is_empty()).collect();
        if words.len() <= 1 {
            return self.read(text);
        }
        let tail = |n: usize| words.get(words.len().saturating_sub(n)..).map(|w| w.join(" ")).unwrap_or_default();
        let last = self.read(&tail(1));
        let mut best: Option<Reading> = None;
        for n in [2, 1, 3, 4] {
            if n > words.len() {
                continue;
            }
            let reading = self.read(&tail(n));
            if reading.part.is_some() && !reading.refused && best.is_none_or(|b| b.bare && !reading.bare) {
                best = Some(reading);
            }
        }
        let venue = self.read(text).venue;
        match best {
            Some(reading) => Reading { venue: reading.venue.or(venue), ..reading },
            None => Reading { venue, ..last },
        }
    }
}

/// Names of web frameworks' own secrets: no exchange's.
pub fn is_framework(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "hide",
        "show",
        "has",
        "is",
        "get",
        "cache",
        "feature",
        "flag",
        "csrf",
        "session",
        "cookie",
        "django",
        "flask",
        "jwt",
        "webhook",
        "google",
        "github",
        "aws",
        "stripe",
        "slack",
        "sentry",
        "recaptcha",
        "captcha",
        "db",
        "database",
        "smtp",
        "mail",
        "email",
        "redis",
        "mongo",
        "postgres",
        "mysql",
        "twitter",
        "facebook",
        "twilio",
        "sendgrid",
        "openai",
        "azure",
        "gcp",
        "firebase",
        "auth0",
        "oauth",
        "gitlab",
        "npm",
        "pypi",
        "docker",
        "cloudflare",
        "datadog",
        "segment",
        "posthog",
        "algolia",
        "base",
        "rails",
        "laravel",
        "app",
        "cdn",
        "s",
    ];
    names::words(name).iter().any(|w| OTHERS.contains(&w.as_str()))
        || matches!(
            bare(name).as_str(),
            "secretkeybase"
                | "djangosecretkey"
                | "sessionsecret"
                | "cookiesecret"
                | "nextauthsecret"
                | "appsecret"
                | "csrfsecret"
                | "jwtsecret"
                | "authsecret"
                | "appkey"
                | "googleclientsecret"
                | "githubclientsecret"
                | "awssecretaccesskey"
                | "clientsecret"
                | "webhooksecret"
                | "secretaccesskey"
                | "recaptchasecret"
                | "stripesecretkey"
                | "flasksecretkey"
                | "encryptionkey"
                | "signingsecret"
                | "slacksigningsecret"
        )
}

/// A password of something else: a database, a mailbox.
pub fn is_password(name: &str, kind: Option<Kind>) -> bool {
    let lower = bare(name);
    !lower.contains("phrase") && !lower.contains("apipass") && kind != Some(Kind::Stack)
}

/// Whether text can be a passphrase: one token of 6 to 64 characters, or a few words without the marks of code.
pub fn plausible_passphrase(text: &str) -> bool {
    let n = text.chars().count();
    let code = text.contains("=>")
        || text.contains("()")
        || text.contains("::")
        || text.ends_with('(')
        || text.contains("==")
        || text.ends_with([',', ';', '{', '[', '('])
        || text.starts_with(['(', '[', '{', ',', '=']);
    (6..=64).contains(&n)
        && !code
        && text.split_whitespace().count() <= 4
        && !matches!(text, "string" | "String" | "undefined" | "required" | "optional" | "encrypted")
}
