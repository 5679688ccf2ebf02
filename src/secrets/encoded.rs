//! Values within values: base64 of a credential (`data` of a Kubernetes Secret, `Authorization: Basic`), base64 of a whole
//! file. What is found inside is reported at the place of the outer value.

use super::context::Around;
use super::enclosing::parents;
use super::group::Group;
use super::scene::Scene;
use super::value::Value;

/// Decodes base64 to printable text.
fn decode(bytes: &[u8]) -> Option<Value> {
    if bytes.len() < 12 || bytes.len() > 64 << 10 {
        return None;
    }
    let trimmed: &[u8] = bytes.strip_suffix(b"==").or_else(|| bytes.strip_suffix(b"=")).unwrap_or(bytes);
    let decoded = data_encoding::BASE64_NOPAD.decode(trimmed).ok().map(Value::new)?;
    let printable = decoded.bytes().iter().all(|b| b.is_ascii_graphic() || matches!(b, b' ' | b'\n' | b'\r' | b'\t'));
    (printable && decoded.len() >= 8).then_some(decoded)
}

/// The value that base64 stands for, where what surrounds it says that it is base64 of a credential: `data` of a Kubernetes
/// Secret, a name that says so, or text of a shape once decoded.
pub fn plain(scene: &Scene<'_>, value: Value, around: &Around) -> Value {
    let Some(inner) = decode(value.bytes()) else { return value };
    let known = |v: &[u8]| scene.catalogue.of_length(v.len()).any(|(_, f)| !f.shape.free && f.shape.fits(v));
    let kubernetes = parents(scene.lexed, scene.bytes, around.frame).iter().any(|p| p == "data" || p == "binaryData");
    let trimmed = inner.bytes().trim_ascii();
    // What decodes to text was text: a random value does not, but for one in a thousand of the shortest.
    if kubernetes || (trimmed.len() >= 12 && !known(value.bytes())) || (known(trimmed) && trimmed.len() >= 18) {
        Value::new(trimmed.to_vec())
    } else {
        value
    }
}

/// Looks inside a value that is base64 of more than one: `key:secret`, a whole configuration.
pub fn inner(
    scan: impl FnOnce(&[u8]) -> Vec<Group>,
    scene: &Scene<'_>,
    value: &Value,
    start: usize,
    end: usize,
    around: &Around,
) -> Vec<Group> {
    if value.len() < 24 {
        return Vec::new();
    }
    let Some(inner) = decode(value.bytes()) else { return Vec::new() };
    let text = inner.bytes();
    let pair = memchr::memchr_iter(b':', text).count() == 1
        && !text.iter().any(u8::is_ascii_whitespace)
        && around.names.iter().any(|n| n.text.to_ascii_lowercase().contains("basic") || n.text.to_ascii_lowercase().contains("auth"));
    let structured = text.iter().any(|b| matches!(b, b'\n' | b'{' | b'=')) && text.len() >= 40;
    if !pair && !structured {
        return Vec::new();
    }
    // The two halves on lines of their own, under the name of whom the outer value is for.
    let body: Vec<u8> = if pair {
        let venue = scene
            .mentions()
            .venues
            .iter()
            .min_by_key(|(p, ..)| p.abs_diff(start))
            .and_then(|(_, v, _)| scene.catalogue.venue(*v))
            .map(|v| v.id.to_string())
            .unwrap_or_default();
        let split = text.iter().position(|b| *b == b':').unwrap_or(0);
        let (key, secret) = (text.get(..split).unwrap_or(&[]), text.get(split + 1..).unwrap_or(&[]));
        [format!("{venue}_api_key=").as_bytes(), key, format!("\n{venue}_api_secret=").as_bytes(), secret].concat()
    } else {
        text.to_vec()
    };
    let body = Value::new(body);
    let mut found = scan(body.bytes());
    for group in &mut found {
        for part in &mut group.parts {
            (part.start, part.end) = (start, end);
            part.line = around.line;
            part.frame = around.frame;
            part.reasons.push("inside base64".into());
        }
    }
    found
}
