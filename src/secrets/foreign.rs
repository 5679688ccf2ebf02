//! Names in languages that write without spaces or in letters of their own.

use crate::model::SecretPart;

/// Terms of languages that write without spaces, by what they contain.
pub fn foreign(name: &str) -> Option<(SecretPart, bool)> {
    const TERMS: &[(&str, SecretPart)] = &[
        ("助记词", SecretPart::Mnemonic),
        ("种子", SecretPart::Mnemonic),
        ("니모닉", SecretPart::Mnemonic),
        ("복구 구문", SecretPart::Mnemonic),
        ("ニーモニック", SecretPart::Mnemonic),
        ("сид-фраза", SecretPart::Mnemonic),
        ("сид фраза", SecretPart::Mnemonic),
        ("мнемони", SecretPart::Mnemonic),
        ("口令", SecretPart::Passphrase),
        ("密码", SecretPart::Passphrase),
        ("пароль", SecretPart::Passphrase),
        ("пассфраза", SecretPart::Passphrase),
        ("кодовая фраза", SecretPart::Passphrase),
        ("비밀번호", SecretPart::Passphrase),
        ("패스프레이즈", SecretPart::Passphrase),
        ("パスフレーズ", SecretPart::Passphrase),
        ("私钥", SecretPart::Secret),
        ("秘钥", SecretPart::Secret),
        ("密匙", SecretPart::Secret),
        ("секрет", SecretPart::Secret),
        ("приватный ключ", SecretPart::Secret),
        ("закрытый ключ", SecretPart::Secret),
        ("시크릿", SecretPart::Secret),
        ("비밀키", SecretPart::Secret),
        ("비밀 키", SecretPart::Secret),
        ("개인키", SecretPart::Secret),
        ("シークレット", SecretPart::Secret),
        ("秘密鍵", SecretPart::Secret),
        ("密钥", SecretPart::Key),
        ("公钥", SecretPart::Key),
        ("액세스", SecretPart::Key),
        ("접근키", SecretPart::Key),
        ("키", SecretPart::Key),
        ("キー", SecretPart::Key),
        ("ключ", SecretPart::Key),
    ];
    let lower = name.to_lowercase();
    TERMS.iter().find(|(term, _)| lower.contains(term)).map(|(_, part)| {
        // "API 密钥 Secret" and the like: the Latin word decides where there is one.
        let secret = *part == SecretPart::Key && lower.contains("secret");
        (if secret { SecretPart::Secret } else { *part }, *part == SecretPart::Key && !lower.contains("api"))
    })
}
