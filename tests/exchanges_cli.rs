//! `keylint exchanges`: what it prints is what the profiles say, and the commands to export do what they say: each is run
//! against a server of our own that answers as the exchange documents, and the signatures that exchanges publish come out.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::format_push_string,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test stops where something is not as it must be"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use keylint::exchanges::{Credential, READERS, Recipe, profile};
use keylint::model::Exchange;
use keylint::model::time::Time;
use keylint::report::exchanges::{commands, unknown, unstated};
use keylint::secrets::Detector;
use keylint::text::{Text, TextId};
use keylint::wrap::{Asked, wrap};
use serde_json::Value;

fn keylint(args: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_keylint")).args(args).env("NO_COLOR", "1").stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_table_has_every_exchange_once() {
    let (code, out, _) = keylint(&["exchanges"]);
    assert_eq!(code, 0);
    for exchange in Exchange::ALL {
        let named = out.split(|c: char| c.is_whitespace() || c == ',').filter(|w| w.trim_end_matches('.') == exchange.id()).count();
        assert_eq!(named, 1, "{exchange}");
    }
}

#[test]
fn an_exchange_is_found_by_any_of_its_names_and_a_wrong_one_is_told() {
    let page = keylint(&["exchanges", "gate"]).1;
    assert!(page.starts_with("Gate (gate)"));
    assert_eq!(keylint(&["exchanges", "Gate.io"]).1, page);
    let (code, out, err) = keylint(&["exchanges", "binanse"]);
    assert!(code == 2 && out.is_empty() && err.contains("did you mean `binance`?"), "{err}");
}

#[test]
fn the_page_says_what_the_profile_says_field_by_field() {
    for reader in READERS {
        let (code, out, _) = keylint(&["exchanges", reader.exchange.id()]);
        assert_eq!(code, 0);
        // Lines are wrapped; words are not.
        let flat = out.split_whitespace().collect::<Vec<_>>().join(" ");
        let profile = profile(reader.exchange).unwrap();
        for payload in &profile.payloads {
            let from = flat.find(&format!("{} about: {}", payload.endpoint, payload.about)).expect(&payload.endpoint);
            let own = &flat[from..];
            let own = &own[..own.find("documentation:").unwrap()];
            let (states, not) = own.split_once("does not state: ").unwrap_or((own, ""));
            let listed = |text: &str| -> Vec<String> {
                text.split(", ").map(|w| w.trim().to_owned()).filter(|w| !w.is_empty() && !w.contains(' ')).collect()
            };
            let states = listed(states.split_once("states: ").unwrap().1);
            assert_eq!(states, payload.states.iter().map(|f| f.id().to_owned()).collect::<Vec<_>>(), "{}", payload.endpoint);
            assert_eq!(listed(not), unstated(payload).iter().map(|f| f.id().to_owned()).collect::<Vec<_>>(), "{}", payload.endpoint);
            assert!(flat.contains(&payload.source), "{}", payload.endpoint);
        }
        let stays = &flat[flat.find("WHAT STAYS UNKNOWN").unwrap()..];
        for field in unknown(profile) {
            assert!(stays.contains(&format!("({}):", field.id())), "{}: {}", reader.exchange, field.id());
            assert!(profile.answered_by(field).next().is_none());
        }
    }
}

/// The answer in a fixture, some of which are in their envelopes.
fn bare(path: &Path) -> String {
    let source = fs::read_to_string(path).unwrap();
    let value: Value = serde_json::from_str(&source).unwrap();
    value.get("response").map_or(source, Value::to_string)
}

/// A documented answer of each endpoint, as the fixtures have it.
fn answers() -> BTreeMap<(Exchange, &'static str), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exports");
    let mut out = BTreeMap::new();
    for reader in READERS {
        // Where nothing is documented, there is no fixture.
        let Ok(folder) = fs::read_dir(root.join(reader.exchange.id())) else { continue };
        let mut files: Vec<_> = folder.map(|f| f.unwrap().path()).collect();
        files.sort();
        for path in files.iter().filter(|p| !p.to_str().unwrap().ends_with(".keys.json")) {
            let source = bare(path);
            let asked = Asked { exchange: Some(reader.exchange), account: None, key: None, fetched_at: Time::parse("2026-11-01").unwrap() };
            if let Ok(done) = wrap(TextId(0), &Text::known("x", source.as_str()), &asked, &Detector::built_in()) {
                out.entry((reader.exchange, done.endpoint)).or_insert(source);
            }
        }
    }
    out
}

/// A server of our own that answers every request alike and keeps what was asked.
fn serve(listener: TcpListener, answer: Arc<Mutex<String>>, asked: Arc<Mutex<Vec<String>>>) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream: TcpStream = stream.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                let n = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..n]);
                let text = String::from_utf8_lossy(&request).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let length = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
                    if body.len() >= length.unwrap_or(0) {
                        asked.lock().unwrap().push(text);
                        break;
                    }
                }
                assert!(n > 0, "a request was not whole");
            }
            let body = answer.lock().unwrap().clone();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).unwrap();
        }
    });
}

/// Made up; that of Kraken is base64.
const MADE_UP: &str = "bWFkZSB1cCBmb3IgYSB0ZXN0IG9mIGNvbW1hbmRz";

fn shell(script: &str, folder: &Path) -> Output {
    let own = Path::new(env!("CARGO_BIN_EXE_keylint")).parent().unwrap();
    let path = format!("{}:{}", own.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.args(["-c", &format!("set -o pipefail\n{script}")]).current_dir(folder).env("PATH", path).env("PYTHONPATH", folder);
    command.env("KEY", "MadeUpKey1").env("SECRET", MADE_UP).env("PASSPHRASE", "made up").env("no_proxy", "*");
    for name in ["EMAIL", "SUB_KEY", "SUB_UID", "SUB_ACCOUNT", "USER_ID", "CURRENCY", "ACCOUNT_UID", "NETWORK"] {
        command.env(name, "one@example.org");
    }
    command.stdin(Stdio::null()).output().unwrap()
}

#[test]
fn every_command_asks_what_it_says_and_saves_what_is_answered() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = format!("http://{}", listener.local_addr().unwrap());
    let (answer, asked) = (Arc::new(Mutex::new(String::new())), Arc::new(Mutex::new(Vec::new())));
    serve(listener, answer.clone(), asked.clone());
    let dir = tempfile::TempDir::new().unwrap();
    fs::create_dir(dir.path().join("exports")).unwrap();
    // In place of Coinbase's package, which signs with a private key.
    fs::create_dir(dir.path().join("coinbase")).unwrap();
    fs::write(dir.path().join("coinbase/__init__.py"), "").unwrap();
    let module = "def format_jwt_uri(method, path):\n    return f'{method} host{path}'\ndef build_rest_jwt(uri, key, secret):\n    return 'token-of ' + uri\n";
    fs::write(dir.path().join("coinbase/jwt_generator.py"), module).unwrap();
    let documented = answers();
    let mut run = 0;
    for reader in READERS {
        let profile = profile(reader.exchange).unwrap();
        for (recipe, call) in profile.request().iter().flat_map(|r| r.calls.iter().map(move |c| (r, c))) {
            let payload = profile.payloads.iter().find(|p| p.endpoint == call.endpoint).unwrap();
            let Some(source) = documented.get(&(reader.exchange, payload.endpoint.as_str())) else {
                panic!("no fixture of {}", call.endpoint)
            };
            answer.lock().unwrap().clone_from(source);
            asked.lock().unwrap().clear();
            let command = commands::command(reader.exchange, recipe, call, Some(payload));
            let file = dir.path().join(command.rsplit("> ").next().unwrap());
            assert!(!file.exists(), "two commands write {}", file.display());
            // The id that the test signs with is not that of the fixture.
            let script = format!("{}\n{command}", commands::function(reader.exchange, recipe)).replace(&recipe.base, &here);
            let output = shell(&script, dir.path());
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{}: {told}", call.endpoint);
            let saved: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            assert_eq!(
                (saved["exchange"].as_str(), saved["endpoint"].as_str()),
                (Some(reader.exchange.id()), Some(payload.endpoint.as_str()))
            );
            let requests = asked.lock().unwrap();
            assert_eq!(requests.len(), 1, "{}", call.endpoint);
            let (method, path) = call.endpoint.split_once(' ').unwrap_or(("GET", &call.endpoint));
            let path = format!("{}{path}", recipe.prefix).replace("{user_id}", "one@example.org").replace("{network}", "one@example.org");
            let first = requests[0].lines().next().unwrap();
            assert!(first.starts_with(&format!("{method} {path}")), "{first}");
            for name in call.query.keys() {
                assert!(
                    requests[0].contains(&format!("{name}=")) || requests[0].contains(&format!("\"{name}\": ")),
                    "{}: {name}",
                    call.endpoint
                );
            }
            // The id goes along, the secret does not.
            let key = if recipe.program.contains("Bearer ") { "Authorization: Bearer " } else { "MadeUpKey1" };
            assert!(requests[0].contains(key) && !requests[0].contains(MADE_UP), "{}", requests[0]);
            run += 1;
        }
    }
    assert!(run >= 35, "{run}");
}

#[test]
fn no_secret_is_an_argument_and_the_page_is_a_script() {
    let mut scripts = 0;
    for reader in READERS {
        let profile = profile(reader.exchange).unwrap();
        if profile.request().is_empty() {
            continue;
        }
        scripts += 1;
        let page = keylint(&["exchanges", reader.exchange.id()]).1;
        let script = page.split_once("HOW TO EXPORT\n").unwrap().1;
        let script = script.split("\nWHAT ").next().unwrap();
        for word in ["$SECRET", "$PASSPHRASE", "${SECRET", "hmac \"", "-H "] {
            assert!(!script.contains(word), "{}: {word}", reader.exchange);
        }
        let mut child = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}: {}", reader.exchange, String::from_utf8_lossy(&output.stderr));
        // What needs a secret reads it, and what is read is asked for.
        for (credential, name) in [(Credential::Secret, "SECRET"), (Credential::Passphrase, "PASSPHRASE")] {
            let reads = profile.request().iter().any(|r| r.reads.contains(&credential));
            assert_eq!(script.contains(&format!("read -rs {name} ")), reads, "{}", reader.exchange);
        }
    }
    assert!(scripts >= 12, "{scripts}");
}

/// What a recipe hands to curl, with the clock and the nonce at given values.
fn signed(recipe: &Recipe, now: u64, args: &[&str], env: &[(&str, &str)], changes: &[(&str, &str)]) -> String {
    let mut program = commands::program(recipe).replace("time.time_ns() // 1_000_000", &now.to_string());
    for (from, to) in changes {
        assert!(program.contains(from), "{from}");
        program = program.replace(from, to);
    }
    let mut command = Command::new("python3");
    command.arg("-").args(args).envs(env.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The examples that exchanges publish: keys and secrets of their documentation, which open nothing, with the signature that it
/// prints for them.
#[test]
fn published_signatures_come_out() {
    let recipe = |exchange: Exchange| &profile(exchange).unwrap().request()[0];
    let has = |out: &str, signature: &str| assert!(out.contains(signature), "{out}");
    // binance-spot-api-docs, rest-api.md, "SIGNED Endpoint Examples".
    let args = [
        "POST",
        "/api/v3/order",
        "symbol=LTCBTC",
        "side=BUY",
        "type=LIMIT",
        "timeInForce=GTC",
        "quantity=1",
        "price=0.1",
        "recvWindow=5000",
    ];
    let env = [("KEY", "k"), ("SECRET", "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j")];
    has(
        &signed(recipe(Exchange::Binance), 1_499_827_319_559, &args, &env, &[]),
        "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
    );
    // mexcdevelop/apidocs, "SIGNED Endpoint Examples", example 2.
    let args = ["POST", "/api/v3/order", "symbol=BTCUSDT", "side=BUY", "type=LIMIT", "quantity=1", "price=11", "recvWindow=5000"];
    let env = [("KEY", "k"), ("SECRET", "45d0b3c26f2644f19bfb98b07741b2f5")];
    has(
        &signed(recipe(Exchange::Mexc), 1_644_489_390_087, &args, &env, &[]),
        "fd3e4e8543c5188531eb7279d68ae7d26a573d0fc5ab0d18eb692451654d837a",
    );
    // kucoin-api-docs, "Signing a Message": with a body, which is signed behind the path.
    let env = [("KEY", "k"), ("SECRET", "f03a5284-5c39-4aaa-9b20-dea10bdcf8e3"), ("PASSPHRASE", "p")];
    let body =
        [("def signed(text):", "body = '{\"currency\":\"BTC\"}'\ndef signed(text):"), ("method + target)", "method + target + body)")];
    let out = signed(recipe(Exchange::Kucoin), 1_547_015_186_532, &["POST", "/api/v1/deposit-addresses"], &env, &body);
    has(&out, "7QP/oM0ykidMdrfNEUmng8eZjg/ZvPafjIqmxiVfYu4=");
    // docs.kraken.com, "Spot REST Authentication".
    let args = ["POST", "/0/private/AddOrder", "ordertype=limit", "pair=XBTUSD", "price=37500", "type=buy", "volume=1.25"];
    let env = [("KEY", "k"), ("SECRET", "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==")];
    let out = signed(recipe(Exchange::Kraken), 1_616_492_376_594, &args, &env, &[]);
    has(&out, "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==");
    // Gate's "API Signature string generation".
    let args = ["GET", "/api/v4/futures/orders", "contract=BTC_USD", "status=finished", "limit=50"];
    let out = signed(recipe(Exchange::Gate), 1_541_993_715_000, &args, &[("KEY", "key"), ("SECRET", "secret")], &[]);
    has(
        &out,
        "55f84ea195d6fe57ce62464daaa7c3c02fa9d1dde954e4c898289c9a2407a3d6fb3faf24deff16790d726b66ac9f74526668b13bd01029199cc4fcc522418b8a",
    );
    // www.bitmex.com/app/apiKeysUsage: the example expires at a round time.
    let env = [("KEY", "k"), ("SECRET", "chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO")];
    let out = signed(recipe(Exchange::Bitmex), 1_518_064_231_000, &["GET", "/api/v1/instrument"], &env, &[]);
    has(&out, "c7682d435d0cfe87c16098df34ef2eb5a549d4c5a3c2b1f0f77b8af73423bf00");
    // docs.deribit.com/articles/authentication, "HTTP REST Signature".
    let args = ["GET", "/api/v2/private/get_account_summary", "currency=BTC"];
    let nonce = [("os.urandom(8).hex()", "\"1iqt2wls\"")];
    let out = signed(recipe(Exchange::Deribit), 1_576_074_319_000, &args, &[("KEY", "AMANDA"), ("SECRET", "AMANDASECRECT")], &nonce);
    has(&out, "9bfbc51a2bc372d72cc396cf1a213dc78d42eb74cb7dc272351833ad0de276ab");
}

#[test]
fn what_is_signed_is_what_the_documentation_says_where_it_prints_no_signature() {
    // Each is computed here anew from the documentation's formula, with made-up keys.
    let check = |exchange: Exchange, now: u64, args: &[&str], wanted: &str, headers: &[&str]| {
        let env = [("KEY", "id"), ("SECRET", "made-up"), ("PASSPHRASE", "words")];
        let out = signed(&profile(exchange).unwrap().request()[0], now, args, &env, &[]);
        let formula = format!(
            "import base64, hashlib, hmac\nh = lambda t: hmac.new(b'made-up', t.encode(), hashlib.sha256)\nprint({wanted}, end='')"
        );
        let value = Command::new("python3").args(["-c", &formula]).output().unwrap();
        assert!(value.status.success(), "{}", String::from_utf8_lossy(&value.stderr));
        let value = String::from_utf8(value.stdout).unwrap();
        assert!(out.contains(&value), "{exchange}: {out}");
        for header in headers {
            assert!(out.contains(header), "{exchange}: {header}: {out}");
        }
    };
    let now = 1_790_000_000_123;
    check(
        Exchange::Bybit,
        now,
        &["GET", "/v5/user/sub-apikeys", "subMemberId=5", "limit=20"],
        "h('1790000000123id5000subMemberId=5&limit=20').hexdigest()",
        &["X-BAPI-API-KEY: id", "X-BAPI-TIMESTAMP: 1790000000123", "X-BAPI-RECV-WINDOW: 5000", "X-BAPI-SIGN: "],
    );
    check(
        Exchange::Okx,
        now,
        &["GET", "/api/v5/users/subaccount/apikey", "subAcct=a b"],
        "base64.b64encode(h('2026-09-21T14:13:20.123ZGET/api/v5/users/subaccount/apikey?subAcct=a+b').digest()).decode()",
        &["OK-ACCESS-KEY: id", "OK-ACCESS-TIMESTAMP: 2026-09-21T14:13:20.123Z", "OK-ACCESS-PASSPHRASE: words"],
    );
    check(
        Exchange::Bitget,
        now,
        &["GET", "/api/v2/spot/account/info"],
        "base64.b64encode(h('1790000000123GET/api/v2/spot/account/info').digest()).decode()",
        &["ACCESS-KEY: id", "ACCESS-TIMESTAMP: 1790000000123", "ACCESS-PASSPHRASE: words"],
    );
    check(
        Exchange::Htx,
        now,
        &["GET", "/v2/user/api-key", "uid=7"],
        "__import__('urllib.parse').parse.quote(base64.b64encode(h('GET\\napi.huobi.pro\\n/v2/user/api-key\\n\
         AccessKeyId=id&SignatureMethod=HmacSHA256&SignatureVersion=2&Timestamp=2026-09-21T14%3A13%3A20&uid=7').digest()).decode(), safe='')",
        &["https://api.huobi.pro/v2/user/api-key?AccessKeyId=id&"],
    );
}
