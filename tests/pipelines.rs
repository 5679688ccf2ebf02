//! The recipes for pipelines, run as a runner would run them: the scripts of `action.yml` in bash and those of
//! `docs/ci/gitlab.yml` in sh, with the variables of an event, in real repositories. That the files are what GitHub and GitLab
//! read is somebody else's word: `.ci/run` asks for it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops where something is not as it must be"
)]

mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use keylint::document::{Kind, Node, documents};
use keylint::text::TextId;
use serde_json::{Map, Value, json};
use world::{BINARY, World, executable, secret, text};

const NOTHING: &str = "0000000000000000000000000000000000000000";

/// A YAML file of this repository.
fn yaml(name: &str) -> Value {
    fn value(node: &Node<'_>) -> Value {
        match &node.kind {
            Kind::Scalar { text, .. } => Value::String(text.to_string()),
            Kind::Sequence(items) => items.iter().map(value).collect(),
            Kind::Mapping(entries) => {
                entries.iter().map(|e| (e.key.scalar().unwrap().to_owned(), value(&e.value))).collect::<Map<_, _>>().into()
            }
        }
    }
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let read = documents(TextId(0), &source);
    assert!(read.broken.is_empty() && read.nodes.len() == 1, "{name} is no YAML");
    value(&read.nodes[0])
}

/// A repository with a remote's main branch, and a branch `side` whose first commit brings a secret that its second takes away.
struct Repository {
    world: World,
    /// The commits by their messages.
    ids: BTreeMap<&'static str, String>,
}

impl Repository {
    fn new() -> Self {
        let mut repository = Self { world: World::new(), ids: BTreeMap::new() };
        repository.world.with_path(Path::new(BINARY).parent().unwrap());
        repository.world.write("readme.txt", "words\n");
        repository.commit("base");
        repository.world.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
        repository.world.git(&["checkout", "-q", "-b", "side"]);
        repository.world.write("bots/a b.env", &secret());
        repository.commit("secret");
        repository.world.git(&["rm", "-q", "bots/a b.env"]);
        repository.commit("gone");
        repository.world.write("readme.txt", "more words\n");
        repository.commit("clean");
        repository
    }

    fn commit(&mut self, message: &'static str) {
        self.world.git(&["add", "-A", "."]);
        self.world.git(&["commit", "-q", "-m", message]);
        self.ids.insert(message, self.world.git(&["rev-parse", "HEAD"]).trim().to_owned());
    }

    fn id(&self, message: &str) -> &str {
        &self.ids[message]
    }
}

/// What a step of the action left.
struct Ran {
    code: i32,
    log: String,
    outputs: BTreeMap<String, String>,
    summary: String,
}

impl Ran {
    fn exit(&self) -> &str {
        self.outputs.get("exit-code").map_or("", String::as_str)
    }
    fn range(&self) -> &str {
        self.outputs.get("range").map_or("", String::as_str)
    }
}

/// The text with what stands in `${{ … }}`: a name, as the contexts have it; nothing where they have not.
fn filled(template: &str, contexts: &Value) -> String {
    let Some((before, rest)) = template.split_once("${{") else { return template.to_owned() };
    let (name, after) = rest.split_once("}}").unwrap();
    let pointer = format!("/{}", name.trim().replace('.', "/"));
    let value = contexts.pointer(&pointer).and_then(Value::as_str).unwrap_or_default();
    format!("{before}{value}{}", filled(after, contexts))
}

/// Runs a step of the action as a runner does. `event` is the event's document, `inputs` those that are not as by default.
fn step(repository: &Repository, id: &str, github: &Value, inputs: &Value, outputs: &Value) -> Ran {
    let action = yaml("action.yml");
    let step = action["runs"]["steps"].as_array().unwrap().iter().find(|s| s["id"] == id || s["name"] == id).unwrap();
    assert_eq!(step["shell"], "bash");
    let mut given = Map::new();
    for (name, input) in action["inputs"].as_object().unwrap() {
        given.insert(name.clone(), inputs.get(name).unwrap_or(&input["default"]).clone());
    }
    let contexts = json!({ "inputs": given, "github": github, "steps": outputs });
    let temp = repository.world.dir.path().join("runner's temp");
    fs::create_dir_all(&temp).unwrap();
    let (script, output, summary) = (temp.join("script.sh"), temp.join("output"), temp.join("summary.md"));
    fs::write(&script, step["run"].as_str().unwrap()).unwrap();
    fs::write(&output, "").unwrap();
    fs::write(&summary, "").unwrap();
    // https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax: `shell: bash` is this.
    let mut command = repository.world.command("bash", &repository.world.root());
    command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(&script);
    command.env("RUNNER_TEMP", &temp).env("GITHUB_OUTPUT", &output).env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_ACTIONS", "true");
    command.env("GITHUB_ACTION_PATH", repository.world.dir.path());
    for (name, value) in step["env"].as_object().into_iter().flatten() {
        command.env(name, filled(value.as_str().unwrap(), &contexts));
    }
    let ran = command.output().unwrap();
    let outputs = fs::read_to_string(output).unwrap();
    let outputs = outputs.lines().map(|l| l.split_once('=').unwrap()).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    Ran { code: ran.status.code().unwrap(), log: text(&ran), outputs, summary: fs::read_to_string(summary).unwrap() }
}

fn check(repository: &Repository, github: &Value, inputs: &Value) -> Ran {
    let keylint = json!({ "keylint": { "outputs": { "program": BINARY } } });
    let ran = step(repository, "check", github, inputs, &keylint);
    for value in secret().lines().map(|l| l.split_once('=').unwrap().1) {
        assert!(!ran.log.contains(value) && !ran.summary.contains(value), "{}", ran.log);
    }
    // The step that says how it ended ends so.
    if !ran.exit().is_empty() {
        let outputs = json!({ "check": { "outputs": { "exit-code": ran.exit() } } });
        assert_eq!(step(repository, "Result", github, inputs, &outputs).code.to_string(), ran.exit());
    }
    ran
}

fn pull_request(base: &str, head: &str) -> Value {
    json!({ "event_name": "pull_request", "ref_name": "7/merge", "event": {
        "pull_request": { "base": { "sha": base }, "head": { "sha": head } }, "repository": { "default_branch": "main" } } })
}

fn push(before: &str, after: &str, branch: &str) -> Value {
    json!({ "event_name": "push", "ref_name": branch, "event": { "before": before, "after": after, "repository": { "default_branch": "main" } } })
}

#[test]
fn a_pull_request_is_what_it_brings() {
    let repository = Repository::new();
    let ran = check(&repository, &pull_request(repository.id("base"), repository.id("clean")), &json!({}));
    assert_eq!((ran.code, ran.exit()), (0, "1"), "{}", ran.log);
    assert_eq!(ran.range(), format!("{}..{}", repository.id("base"), repository.id("clean")));
    assert!(ran.log.contains("secret-in-plaintext") && ran.log.contains("\n::error "), "{}", ran.log);
    assert!(ran.summary.contains("secret-in-plaintext"), "{}", ran.summary);
    let sarif: Value = serde_json::from_slice(&fs::read(&ran.outputs["sarif"]).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "secret-in-plaintext");
    // What the report shows of files is no command: they are off while it is printed.
    let (before, rest) = ran.log.split_once("::stop-commands::").unwrap();
    let token = rest.lines().next().unwrap();
    assert!(token.len() == 32 && !before.contains("secret-in-plaintext"), "{token}");
    let report = rest.split_once(&format!("\n::{token}::\n")).unwrap().0;
    assert!(report.contains("secret-in-plaintext") && report.contains("exit code 1"));
    let ran = check(&repository, &pull_request(repository.id("gone"), repository.id("clean")), &json!({}));
    assert_eq!((ran.code, ran.exit()), (0, "0"), "{}", ran.log);
}

#[test]
fn a_pull_request_cannot_silence_the_check_on_itself() {
    let mut repository = Repository::new();
    let exclude = "version: 1\npolicy:\n  fail-on: critical\n  exclude:\n    - { path: \"**\", reason: \"nothing to see\" }\n";
    repository.world.write("keylint.yaml", exclude);
    repository.world.write("x.env", &secret());
    repository.commit("silenced");
    let event = pull_request(repository.id("clean"), repository.id("silenced"));
    let ran = check(&repository, &event, &json!({}));
    assert_eq!(ran.exit(), "1", "{}", ran.log);
    // On main it is what the owner says.
    let ran = check(&repository, &pull_request(repository.id("silenced"), repository.id("silenced")), &json!({ "scan": "tree" }));
    assert_ne!(ran.exit(), "1", "{}", ran.log);
}

#[test]
fn a_push_is_what_it_brings_whatever_it_does_to_its_branch() {
    let repository = Repository::new();
    let id = |m: &str| repository.id(m).to_owned();
    let range = |a: &str, b: &str| format!("{a}..{b}");
    let gone = "1234567890123456789012345678901234567890";
    // Event, exit code, range.
    let cases = [
        ("two commits", push(&id("base"), &id("gone"), "side"), "1", range(&id("base"), &id("gone"))),
        ("a clean one", push(&id("gone"), &id("clean"), "side"), "0", range(&id("gone"), &id("clean"))),
        ("a new branch", push(NOTHING, &id("clean"), "side"), "1", range("origin/main", &id("clean"))),
        ("a forced push", push(gone, &id("clean"), "side"), "1", range("origin/main", &id("clean"))),
        ("the first push", push(NOTHING, &id("clean"), "main"), "1", range(NOTHING, &id("clean"))),
        ("a branch of what is on main", push(NOTHING, &id("base"), "other"), "0", String::new()),
        ("a push back", push(&id("clean"), &id("base"), "side"), "0", String::new()),
        ("a deleted branch", push(&id("clean"), NOTHING, "side"), "0", String::new()),
    ];
    for (name, event, exit, range) in cases {
        let ran = check(&repository, &event, &json!({}));
        assert_eq!((ran.code, ran.exit(), ran.range()), (0, exit, range.as_str()), "{name}: {}", ran.log);
    }
}

#[test]
fn merge_queues_schedules_and_inputs() {
    let mut repository = Repository::new();
    let (base, gone, clean) = (repository.id("base").to_owned(), repository.id("gone").to_owned(), repository.id("clean").to_owned());
    let queue = json!({ "event_name": "merge_group", "ref_name": "gh-readonly-queue/main/x", "event": { "merge_group": { "base_sha": base, "head_sha": gone } } });
    assert_eq!(check(&repository, &queue, &json!({})).exit(), "1");
    let schedule = json!({ "event_name": "schedule", "ref_name": "main", "event": { "schedule": "17 4 * * 1" } });
    let exits = |repository: &Repository, inputs: Value, exit: &str, says: &str| {
        let ran = check(repository, &schedule, &inputs);
        assert!(ran.exit() == exit && ran.log.contains(says), "{inputs}: {} {}", ran.exit(), ran.log);
    };
    exits(&repository, json!({}), "0", "");
    exits(&repository, json!({ "scan": "history" }), "1", "secret-in-plaintext");
    exits(&repository, json!({ "paths": "nowhere" }), "2", "no such file");
    exits(&repository, json!({ "fail-on": "nonsense" }), "2", "::error title=keylint::");
    repository.world.write("here/x.env", &secret());
    repository.world.write("clean folder/x.txt", "words\n");
    repository.commit("again");
    exits(&repository, json!({}), "1", "secret-in-plaintext");
    exits(&repository, json!({ "paths": "clean folder\nreadme.txt\n" }), "0", "");
    exits(&repository, json!({ "fail-on": "critical" }), "0", "secret-in-plaintext");
    exits(&repository, json!({ "args": "--exit-zero\n--format\ncompact\n" }), "0", "here/x.env:1:");
    let known = repository.world.keylint(&repository.world.root(), &["baseline", "create"]);
    assert_eq!(known.0, 0, "{}", known.1);
    exits(&repository, json!({ "baseline": "keylint.baseline" }), "0", "");
    // Of a pull request, the baseline of the target branch counts: here there was none.
    let head = repository.world.git(&["rev-parse", "HEAD"]);
    let ran = check(&repository, &pull_request(&clean, head.trim()), &json!({ "baseline": "keylint.baseline" }));
    assert_eq!(ran.exit(), "2", "{}", ran.log);
    for inputs in [json!({ "scan": "range" }), json!({ "scan": "everything" })] {
        let ran = check(&repository, &schedule, &inputs);
        assert!(ran.code == 2 && ran.exit().is_empty() && ran.log.contains("::error title=keylint::scan: "), "{}", ran.log);
    }
}

#[test]
fn a_copy_that_is_too_shallow_is_never_green() {
    let repository = Repository::new();
    let shallow = World::new();
    let from = format!("file://{}", repository.world.root().display());
    shallow.git(&["fetch", "-q", "--depth=1", &from, "side"]);
    shallow.git(&["checkout", "-q", "FETCH_HEAD"]);
    let ids = repository.ids.clone();
    let shallow = Repository { world: shallow, ids };
    for event in [pull_request(shallow.id("base"), shallow.id("clean")), pull_request(shallow.id("clean"), shallow.id("base"))] {
        let ran = check(&shallow, &event, &json!({}));
        assert!(ran.code == 2 && ran.log.contains("fetch-depth: 0"), "{}", ran.log);
    }
    // A push into it, of which nothing but the last commit is here: all of that counts as new, and what was before is missing.
    let ran = check(&shallow, &push(shallow.id("base"), shallow.id("clean"), "side"), &json!({}));
    assert_eq!(ran.exit(), "2", "{}", ran.log);
}

#[test]
fn what_comes_from_outside_is_never_a_command() {
    let repository = Repository::new();
    let root = repository.world.root();
    let evil = "x\"; touch pwned; $(touch pwned)`touch pwned`' touch pwned '";
    let mut event = push(NOTHING, repository.id("clean"), evil);
    event["event"]["repository"]["default_branch"] = evil.into();
    for input in ["scan", "paths", "fail-on", "baseline", "args"] {
        check(&repository, &event, &json!({ input: evil }));
        assert!(!root.join("pwned").exists(), "{input}");
    }
    // Nothing of GitHub's expressions is a part of a script, and every one is a plain name or a condition.
    let action = yaml("action.yml");
    for step in action["runs"]["steps"].as_array().unwrap() {
        assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{}", step["name"]);
        if let Some(used) = step["uses"].as_str() {
            let commit = used.split_once('@').unwrap().1;
            assert!(commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()), "{used}");
        }
    }
    // The names that steps hand on are names that steps write.
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("action.yml")).unwrap();
    for part in source.split("steps.").skip(1).filter(|p| p.contains(".outputs.")) {
        let (id, rest) = part.split_once(".outputs.").unwrap();
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let step = action["runs"]["steps"].as_array().unwrap().iter().find(|s| s["id"] == id).unwrap();
        assert!(step["run"].as_str().unwrap().contains(&format!("echo \"{name}=")), "{id} writes no {name}");
    }
}

#[test]
fn a_line_of_a_file_is_no_command_to_the_runner() {
    let mut repository = Repository::new();
    repository.world.write("::error file=x::pwned\n::warning::x.env", &secret().replace('\n', "\n::error::pwned\n"));
    repository.commit("commands");
    let ran = check(&repository, &pull_request(repository.id("clean"), repository.id("commands")), &json!({}));
    assert_eq!(ran.exit(), "1", "{}", ran.log);
    let token = ran.log.split_once("::stop-commands::").unwrap().1.lines().next().unwrap();
    let open = ran.log.split_once(&format!("\n::{token}::\n")).unwrap().1;
    assert!(open.lines().all(|l| !l.starts_with("::") || l.contains("title=")), "{open}");
}

#[test]
fn keylint_is_taken_from_the_path_or_built_where_nothing_of_the_workflow_counts() {
    let mut repository = Repository::new();
    let nothing = json!({});
    let ran = step(&repository, "keylint", &nothing, &nothing, &nothing);
    assert!(ran.code == 0 && ran.log.contains("keylint 0."), "{}", ran.log);
    assert_eq!(fs::canonicalize(&ran.outputs["program"]).unwrap(), fs::canonicalize(BINARY).unwrap());
    // Programs of the system alone, and something that stands for cargo: what it is asked, and where.
    let bin = repository.world.dir.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for program in ["bash", "cp", "mkdir", "pwd"] {
        let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdin(Stdio::null()).output().unwrap();
        let found = PathBuf::from(text(&found).trim());
        if found.is_absolute() {
            std::os::unix::fs::symlink(found, bin.join(program)).unwrap();
        }
    }
    repository.world.more.retain(|(n, _)| *n != "PATH");
    repository.world.more.push(("PATH", bin.clone().into()));
    let ran = step(&repository, "keylint", &nothing, &nothing, &nothing);
    assert!(ran.code == 2 && ran.log.contains("::error title=keylint::There is neither"), "{}", ran.log);
    let cargo = format!("#!{}/bash\necho \"$PWD: $*\"\nmkdir -p \"${{6}}/bin\" && cp '{BINARY}' \"${{6}}/bin/keylint\"\n", bin.display());
    executable(&bin.join("cargo"), &cargo);
    let ran = step(&repository, "keylint", &nothing, &nothing, &nothing);
    let asked = format!("{}: install --path . --locked --root ", repository.world.dir.path().display());
    assert!(ran.code == 0 && ran.log.contains(&asked) && ran.log.contains("keylint 0."), "{}", ran.log);
}

/// Runs GitLab's job in a repository, with the variables of a pipeline.
fn gitlab(repository: &Repository, variables: &[(&str, &str)]) -> (i32, String) {
    let job = &yaml("docs/ci/gitlab.yml")["keylint"];
    let script: Vec<&str> = job["script"].as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
    for report in ["secret_detection", "codequality", "junit"] {
        let path = repository.world.root().join(job["artifacts"]["reports"][report].as_str().unwrap());
        fs::remove_file(path).ok();
    }
    let mut command = repository.world.command("sh", &repository.world.root());
    command.args(["-e", "-c", &script.join("\n")]).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let log = text(&output);
    assert!(!secret().lines().any(|l| log.contains(l.split_once('=').unwrap().1)), "{log}");
    let code = output.status.code().unwrap();
    // Every report that the job promises is there, and none is a value.
    for report in ["secret_detection", "codequality", "junit"] {
        let path = repository.world.root().join(job["artifacts"]["reports"][report].as_str().unwrap());
        let written = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{report}: {e}: {log}"));
        assert_eq!(code == 1 && report != "junit", written.contains("secret-in-plaintext") && report != "junit", "{report}: {written}");
        assert!(!secret().lines().any(|l| written.contains(l.split_once('=').unwrap().1)));
    }
    (code, log)
}

#[test]
fn the_job_for_gitlab_checks_what_merge_requests_and_pushes_bring() {
    let repository = Repository::new();
    let (base, gone, clean) = (repository.id("base"), repository.id("gone"), repository.id("clean"));
    let merge = |base: &str, head: &str, source: &str| {
        let variables = [
            ("CI_PIPELINE_SOURCE", "merge_request_event"),
            ("CI_MERGE_REQUEST_DIFF_BASE_SHA", base),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", source),
            ("CI_COMMIT_BEFORE_SHA", NOTHING),
            ("CI_COMMIT_SHA", head),
            ("CI_DEFAULT_BRANCH", "main"),
        ];
        gitlab(&repository, &variables)
    };
    let exits = |(code, log): (i32, String), expected: i32, says: &str| assert!(code == expected && log.contains(says), "{code}: {log}");
    exits(merge(base, clean, ""), 1, "secret-in-plaintext");
    let looked = format!("the commits {gone}..{clean}\n");
    exits(merge(gone, clean, ""), 0, &looked);
    // A merged result: what the branch brings, and not what the target has already.
    exits(merge(gone, "HEAD", clean), 0, &looked);
    let push = |before: &str, after: &str, branch: &str| {
        let variables = [
            ("CI_PIPELINE_SOURCE", "push"),
            ("CI_COMMIT_BEFORE_SHA", before),
            ("CI_COMMIT_SHA", after),
            ("CI_COMMIT_BRANCH", branch),
            ("CI_DEFAULT_BRANCH", "main"),
        ];
        gitlab(&repository, &variables)
    };
    exits(push(base, gone, "side"), 1, "secret-in-plaintext");
    exits(push(gone, clean, "side"), 0, &looked);
    exits(push(NOTHING, clean, "side"), 1, "secret-in-plaintext");
    exits(push("1234567890123456789012345678901234567890", clean, "side"), 1, "secret-in-plaintext");
    exits(push(NOTHING, clean, "main"), 1, "secret-in-plaintext");
    exits(push(NOTHING, base, "other"), 0, "all files are checked instead");
    // GitLab fetches the branch alone: then all files are checked.
    repository.world.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
    exits(push(NOTHING, clean, "side"), 0, "What is checked: all files");
    exits(
        gitlab(&repository, &[("CI_PIPELINE_SOURCE", "schedule"), ("CI_COMMIT_SHA", clean), ("CI_DEFAULT_BRANCH", "main")]),
        0,
        "What is checked: all files",
    );
    // A base that is not here is no check.
    exits(merge("1234567890123456789012345678901234567890", clean, ""), 2, "names no commit here");
}

#[test]
fn the_job_for_gitlab_loses_no_finding() {
    let job = &yaml("docs/ci/gitlab.yml")["keylint"];
    assert!(job.get("allow_failure").is_none(), "{job}");
    assert_eq!(job["artifacts"]["when"], "always");
    assert_eq!(job["variables"]["GIT_DEPTH"], "0");
}

/// Runs somebody else's program, which must have nothing to say against what it is given.
fn approves(program: &str, args: &[&str]) {
    let output = Command::new(program).args(args).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|e| panic!("{program} is not on the PATH ({e}): .ci/run installs it"));
    assert!(output.status.success(), "{program} {args:?}: {}", text(&output));
}

#[test]
#[ignore = "needs check-jsonschema, zizmor and shellcheck, which .ci/run installs"]
fn other_programs_have_nothing_against_the_recipes() {
    for (schema, file) in
        [("github-actions", "action.yml"), ("github-workflows", "docs/ci/github.yml"), ("gitlab-ci", "docs/ci/gitlab.yml")]
    {
        approves("check-jsonschema", &["--builtin-schema", &format!("vendor.{schema}"), file]);
    }
    approves("zizmor", &["--offline", "--persona=pedantic", "action.yml"]);
    let dir = tempfile::TempDir::new().unwrap();
    // The workflow with an address and a commit for those that its reader knows.
    let workflow = dir.path().join(".github/workflows");
    fs::create_dir_all(&workflow).unwrap();
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ci/github.yml")).unwrap();
    assert!(source.contains("OWNER/keylint@COMMIT"));
    let workflow = workflow.join("keylint.yml");
    fs::write(&workflow, source.replace("OWNER/keylint@COMMIT", "owner/keylint@0123456789012345678901234567890123456789")).unwrap();
    approves("zizmor", &["--offline", workflow.to_str().unwrap()]);
    let mut scripts: Vec<(&str, String)> = Vec::new();
    for step in yaml("action.yml")["runs"]["steps"].as_array().unwrap() {
        scripts.extend(step["run"].as_str().map(|s| ("bash", format!("set -eo pipefail\n{s}"))));
    }
    for script in yaml("docs/ci/gitlab.yml")["keylint"]["script"].as_array().unwrap() {
        scripts.push(("sh", script.as_str().unwrap().to_owned()));
    }
    assert!(scripts.len() == 4, "{}", scripts.len());
    for (number, (shell, script)) in scripts.iter().enumerate() {
        let path = dir.path().join(format!("{number}.sh"));
        fs::write(&path, script).unwrap();
        approves("shellcheck", &["--shell", shell, path.to_str().unwrap()]);
    }
    // The script of the hook, as it is installed.
    let world = World::new();
    world.install();
    approves("shellcheck", &[world.hook().to_str().unwrap()]);
}
