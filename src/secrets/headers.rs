//! Names that are anybody's: headers, passwords.

/// Headers that several exchanges, and many others, spell alike.
pub const COMMON_HEADERS: &[&str] = &[
    "accesskey",
    "accesssign",
    "accesstimestamp",
    "accesspassphrase",
    "accessnonce",
    "accesssignature",
    "apikey",
    "apisign",
    "apinonce",
    "apitimestamp",
    "apisignature",
    "apiexpires",
    "authorization",
    "signature",
    "timestamp",
    "recvwindow",
    "xapikey",
    "xsignature",
    "xtimestamp",
    "xwindow",
    "xauth",
    "xauthkey",
    "secretkey",
    "privatekey",
    "accesstoken",
    "passphrase",
    "password",
    "clientsecret",
    "apisecret",
    "accesskeyid",
    "clientid",
    "xauthsignature",
    "xauthtimestamp",
    "signtimestamp",
    "signmethod",
    "apikeyid",
];

/// A name of a password that is of anything.
pub fn is_common_password(name: &str) -> bool {
    matches!(bare(name).as_str(), "password" | "passphrase" | "pass" | "memo" | "uid" | "apipassphrase" | "apipass" | "apipassword")
}

/// A name without case and without what stands between its words.
pub fn bare(name: &str) -> String {
    if name.is_ascii() {
        return name.bytes().filter(u8::is_ascii_alphanumeric).map(|b| char::from(b.to_ascii_lowercase())).collect();
    }
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
