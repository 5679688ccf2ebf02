//! What names are made of that are written without marks: `okxapikey`.

/// Parts of words without a mark between them, longest first.
pub const GLUED: &[&str] = &[
    "passphrase",
    "mnemonic",
    "password",
    "private",
    "secret",
    "access",
    "public",
    "client",
    "phrase",
    "wallet",
    "testnet",
    "trading",
    "futures",
    "passwd",
    "token",
    "crypto",
    "exchange",
    "seed",
    "test",
    "live",
    "main",
    "user",
    "demo",
    "spot",
    "priv",
    "pass",
    "pub",
    "key",
    "api",
    "bot",
    "my",
    "id",
    "sec",
    "usdm",
    "coinm",
    "prod",
    "real",
    "account",
    "master",
    "sub",
    "old",
    "new",
    "is",
];

/// The last two letters of the parts, one bit for each pair: letters fold to five bits.
#[expect(clippy::indexing_slicing, reason = "made by the compiler, and a part has two letters")]
static ENDS: [u32; 32] = {
    let mut table = [0u32; 32];
    let mut i = 0;
    while i < GLUED.len() {
        let part = GLUED[i].as_bytes();
        table[(part[part.len() - 2] & 31) as usize] |= 1 << (part[part.len() - 1] & 31);
        i += 1;
    }
    table
};

/// Whether a word may end in a part; most do not.
pub fn ends_glued(word: &str) -> bool {
    match word.as_bytes() {
        [.., a, b] => ENDS.get(usize::from(a & 31)).is_some_and(|bits| bits >> (b & 31) & 1 == 1),
        _ => false,
    }
}
