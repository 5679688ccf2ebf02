"""Opens the HTML report in Chromium and looks at it as a reader would: python3 browser.py PAGE REPORT.json OUT [look]

PAGE is the page, REPORT.json the JSON report of the same run, OUT a folder for what is seen: pictures and printed pages. With
`look` the page is opened, at three widths and in both schemes, and no control is worked: for pages that were made to break. Ends
with 0 and the measurements as JSON on standard output, or with 1 and what is wrong on standard error. The browser is spoken to
over a pipe (`--remote-debugging-pipe`), in its own protocol: https://chromedevtools.github.io/devtools-protocol/. Nothing but
Python's standard library, Chromium, and pdftotext and pdfinfo of Poppler is needed.
"""

import base64
import json
import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

PATIENCE = 60
WIDTH = 1200


class Browser:
    """One browser with one tab."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="keylint-browser-")
        to_browser, self.writing = os.pipe()
        self.reading, from_browser = os.pipe()
        os.set_inheritable(to_browser, True)
        os.set_inheritable(from_browser, True)

        def pipes():
            # 3 is what the browser reads, 4 what it writes; neither may be closed by putting the other in its place.
            first, second = os.dup(to_browser), os.dup(from_browser)
            high = [os.dup2(first, 60), os.dup2(second, 61)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        command = [
            program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            "--no-first-run", "--disable-background-networking", "--disable-component-update", "--force-color-profile=srgb",
            "--remote-debugging-pipe", f"--user-data-dir={self.folder}", "about:blank",
        ]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=pipes
        )
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.last, self.events, self.session = b"", 0, [], None
        targets = self.ask("Target.getTargets")["targetInfos"]
        target = next(t["targetId"] for t in targets if t["type"] == "page")
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")

    def message(self, until):
        """The next message, or nothing in time."""
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.reading], [], [], left)[0]:
                return None
            more = os.read(self.reading, 1 << 20)
            if not more:
                raise SystemExit("the browser has ended")
            self.buffer += more
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def ask(self, method, **parameters):
        """Asks for something and waits for the answer; what happens meanwhile is kept."""
        self.last += 1
        request = {"id": self.last, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        data = json.dumps(request).encode() + b"\0"
        while data:
            data = data[os.write(self.writing, data):]
        until = time.monotonic() + PATIENCE
        while True:
            message = self.message(until)
            if message is None:
                raise SystemExit(f"{method} was not answered")
            if message.get("id") == self.last:
                if "error" in message:
                    raise SystemExit(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def wait(self, event):
        """Waits until something has happened."""
        until = time.monotonic() + PATIENCE
        while not any(e.get("method") == event for e in self.events):
            message = self.message(until)
            if message is None:
                raise SystemExit(f"{event} did not happen")
            self.events.append(message)

    def settle(self, seconds):
        """Keeps what happens in a time."""
        until = time.monotonic() + seconds
        while message := self.message(until):
            self.events.append(message)

    def value(self, expression):
        """What an expression of JavaScript comes to."""
        result = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise SystemExit(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def size(self, width, height=900, scheme="light"):
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, address):
        self.events.clear()
        self.ask("Page.navigate", url=address)
        self.wait("Page.loadEventFired")
        self.settle(0.5)

    def picture(self, path, clip=None):
        """A picture of the whole page, or of a part of it."""
        if clip is None:
            size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"]}
        got = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip={**clip, "scale": 1})
        path.write_bytes(base64.b64decode(got["data"]))
        return [round(clip["width"]), round(clip["height"])]

    def print(self, path, **how):
        got = self.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True, **how)
        path.write_bytes(base64.b64decode(got["data"]))

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


WRONG = []


def demand(holds, *says):
    if not holds:
        WRONG.append(" ".join(str(s) for s in says))


def requests(browser):
    """What was asked of the network."""
    asked = [e["params"]["request"]["url"] for e in browser.events if e.get("method") == "Network.requestWillBeSent"]
    return [a for a in asked if not a.startswith("file:")] + asked[1:]


def complaints(browser):
    """Errors and warnings: of the script, of the console, of the policy."""
    out = []
    for event in browser.events:
        method, what = event.get("method"), event.get("params", {})
        if method == "Runtime.exceptionThrown":
            out.append(what["exceptionDetails"]["text"])
        elif method == "Runtime.consoleAPICalled":
            out.append(f"console.{what['type']}")
        elif method == "Log.entryAdded" and what["entry"]["level"] in ("error", "warning"):
            out.append(what["entry"]["text"])
    return out


# Boxes of the picture that stand on each other, and words that run out of their box or of the picture.
OVERLAPS = """(() => {
  const out = [];
  for (const svg of document.querySelectorAll("svg.picture")) {
    const boxes = [...svg.querySelectorAll("g.box")].map((g) => [g, g.querySelector("rect").getBBox()]);
    const all = svg.viewBox.baseVal;
    for (const [g, box] of boxes) {
      if (box.x < 0 || box.y < 0 || box.x + box.width > all.width + 1 || box.y + box.height > all.height) out.push("outside: " + g.textContent.trim());
      for (const [other, that] of boxes) {
        if (g !== other && box.x < that.x + that.width && that.x < box.x + box.width && box.y < that.y + that.height && that.y < box.y + box.height)
          out.push("boxes: " + g.textContent.trim() + " and " + other.textContent.trim());
      }
      const words = [...g.querySelectorAll("text")].map((t) => [t, t.getBBox()]);
      for (const [text, at] of words) {
        if (at.x < box.x - 0.5 || at.x + at.width > box.x + box.width + 0.5) out.push("too wide: " + text.textContent);
        for (const [more, that] of words) {
          if (text !== more && at.x < that.x + that.width - 0.5 && that.x < at.x + at.width - 0.5 && Math.abs(at.y - that.y) < 6)
            out.push("words: " + text.textContent + " and " + more.textContent);
        }
      }
    }
  }
  return out;
})()"""

# Words that are hard to read on what they stand on, by WCAG's formula for contrast.
PALE = """(() => {
  const parse = (c) => { const m = c.match(/[\\d.]+/g).map(Number); return { rgb: m.slice(0, 3), a: m.length > 3 ? m[3] : 1 }; };
  const light = ([r, g, b]) => { const f = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
  const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a > 0) return c.rgb; } return parse(getComputedStyle(document.documentElement).backgroundColor).rgb; };
  const out = new Set();
  const judge = (ink, paper, e) => { const [a, b] = [light(ink), light(paper)].sort((x, y) => y - x); const c = (a + 0.05) / (b + 0.05); if (c < 4.5) out.add(`${e.tagName}.${e.getAttribute("class")} ${c.toFixed(2)}: ${e.textContent.trim().slice(0, 40)}`); };
  const faded = (e, rgb, paper) => { let o = 1; for (; e; e = e.parentElement) o *= Number(getComputedStyle(e).opacity); return rgb.map((v, i) => v * o + paper[i] * (1 - o)); };
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || !e.getClientRects().length || ["TITLE", "SCRIPT", "STYLE"].includes(e.tagName.toUpperCase())) continue;
    if (e instanceof SVGElement) {
      if (e.tagName !== "text") continue;
      const g = e.closest("g.box");
      const rect = e.classList.contains("pill-word") ? e.previousElementSibling : g && !g.classList.contains("more") ? g.querySelector("rect") : null;
      judge(parse(getComputedStyle(e).fill).rgb, rect ? parse(getComputedStyle(rect).fill).rgb : ground(document.body), e);
    } else {
      const paper = ground(e);
      judge(faded(e, parse(getComputedStyle(e).color).rgb, paper), paper, e);
    }
  }
  return [...out];
})()"""


def shown(browser):
    """Which findings are to be seen, by their numbers on the page."""
    return browser.value("""[...document.querySelectorAll(".finding")].map((f, n) => f.checkVisibility() ? n : -1).filter((n) => n >= 0)""")


def filters(browser, report):
    """Works the controls, and compares what is left with the JSON report."""
    findings = report["findings"]
    exchange = lambda f: (f.get("secret") or {}).get("exchange") or f["subject"]["exchange"]
    account = lambda f: f["subject"]["account"]
    seen = browser.value("""[...document.querySelectorAll(".finding")].map((f) => [f.querySelector(".severity").textContent, f.querySelector(".rule").textContent, f.querySelector(".message").textContent])""")
    demand(seen == [[f["severity"], f["rule"], f["message"]] for f in findings], "the page and the JSON report have other findings")
    total = len(findings)

    def check(fits, says):
        wanted = [n for n, f in enumerate(findings) if fits(f)]
        got = shown(browser)
        demand(got == wanted, says, "leaves", got, "and not", wanted)
        status = browser.value("document.getElementById('shown').textContent")
        demand(status == f"{len(wanted)} of {total} shown", says, "says", status)
        return len(wanted)

    def choose(name, value):
        browser.value(f"""(() => {{ const s = document.querySelector("#filter select[name={name}]"); s.value = {json.dumps(value)}; s.dispatchEvent(new Event("input", {{ bubbles: true }})); return s.value; }})()""")

    def toggle(severity):
        browser.value(f"""document.querySelector("#filter input[value={severity}]").click()""")

    def reset():
        browser.value("""document.querySelector("#filter button[type=reset]").click()""")
        browser.settle(0.1)

    everything = check(lambda f: True, "no filter")
    counted = {everything}
    for severity in ("critical", "high", "medium", "low", "info"):
        toggle(severity)
        counted.add(check(lambda f: f["severity"] != severity, f"without {severity}"))
        reset()
    for name, of in (("exchange", exchange), ("account", account)):
        offered = browser.value(f"""[...document.querySelectorAll("#filter select[name={name}] option")].map((o) => o.value)""")
        demand(offered == [""] + sorted({of(f) for f in findings if of(f)}), f"{name}: offered are", offered)
        for value in offered[1:]:
            choose(name, value)
            counted.add(check(lambda f: of(f) == value, f"{name} {value}"))
        reset()
    choose("exchange", "okx")
    toggle("critical")
    toggle("high")
    counted.add(check(lambda f: exchange(f) == "okx" and f["severity"] not in ("critical", "high"), "two filters"))
    reset()
    # As a reader types, with the keys of a keyboard.
    browser.value("document.querySelector('#filter input[name=words]').focus()")
    browser.ask("Input.insertText", text="Hedge PLAINTEXT")
    got = shown(browser)
    demand(0 < len(got) < total, "words leave", len(got))
    texts = browser.value("""[...document.querySelectorAll(".finding")].map((f) => f.textContent.toLowerCase())""")
    demand(got == [n for n, t in enumerate(texts) if "hedge" in t and "plaintext" in t], "words leave", got)
    reset()
    demand(check(lambda f: True, "all shown again") == total, "not all are shown again")
    demand(len(counted) > 5, "the filters hardly filter:", counted)


def cells(browser):
    """Opens a cell of the matrix with the keyboard alone."""
    browser.value("document.querySelector('.matrix td summary').focus()")
    for kind in ("keyDown", "keyUp"):
        browser.ask("Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, **({"text": "\r"} if kind == "keyDown" else {}))
    browser.settle(0.2)
    demand(browser.value("document.querySelector('.matrix td details').open"), "Enter does not open a cell")
    visible = browser.value("""(() => { const a = document.querySelector(".matrix details[open] .answers"); const r = a.getBoundingClientRect(); return [a.checkVisibility(), r.left, r.right, document.documentElement.clientWidth, a.textContent]; })()""")
    demand(visible[0] and visible[1] >= 0 and visible[2] <= visible[3], "the open cell is not whole:", visible)
    demand("stops it" in visible[4], "the open cell does not say what stops the rest:", visible[4])
    for kind in ("keyDown", "keyUp"):
        browser.ask("Input.dispatchKeyEvent", type=kind, key="Escape", code="Escape", windowsVirtualKeyCode=27)
    demand(not browser.value("document.querySelector('.matrix td details').open"), "Escape does not close it")


def squeezed(text):
    return re.sub(r"\s+", "", text)


def printed(browser, out, name):
    """Prints, and looks for every row of every table and every finding in the printed pages."""
    # A row is a row on one page: its cells' words in their order, on the page on which its first cell stands.
    rows = browser.value("""[...document.querySelectorAll("tbody tr")].map((r) => [...r.cells].map((c) => c.textContent))""")
    heads = browser.value("""[...document.querySelectorAll("table")].map((t) => [...t.tHead.rows[0].cells].map((c) => c.textContent))""")
    findings = browser.value("""[...document.querySelectorAll(".finding:not([hidden])")].map((f) => [...f.querySelectorAll(".severity, .rule, .message, .at, pre mark, .reasons p, .reasons li")].map((e) => e.textContent))""")
    path = out / f"{name}.pdf"
    browser.print(path)
    text = subprocess.run(["pdftotext", "-raw", path, "-"], check=True, capture_output=True, text=True).stdout
    pages = [squeezed(p) for p in text.split("\f")]
    whole = "".join(pages)
    missing = []
    for row in rows:
        # Words of a cell may be broken into lines, and each line is where its cell is: all words of a row are on its pages.
        words = [w for cell in row for w in cell.split()]
        fits = [n for n, page in enumerate(pages) if all(squeezed(w) in page for w in words)]
        if not fits:
            missing.append(row[:2])
    demand(not missing, f"{name}: rows that are not whole on a page:", missing)
    for finding in findings:
        lost = [part for part in finding if squeezed(part) not in whole and not all(squeezed(w) in whole for w in part.split())]
        demand(not lost, f"{name}: not printed:", lost)
    # The head of the matrix is on each of the pages that have a part of it.
    for head in heads:
        head = squeezed("".join(head))
        demand(head in whole, f"{name}: no head", head)
    for severity in ("critical", "high", "medium", "low", "info"):
        demand(severity in whole, f"{name}: the word {severity} is not printed")
    info = subprocess.run(["pdfinfo", "-f", "1", "-l", "99", path], check=True, capture_output=True, text=True).stdout
    sizes = [tuple(round(float(n)) for n in m) for m in re.findall(r"Page\s+\d+ size:\s+([\d.]+) x ([\d.]+)", info)]
    demand({(595, 842), (842, 595)} >= set(sizes), f"{name}: pages of other sizes", sizes)
    return {"pages": len(sizes), "landscape": sum(w > h for w, h in sizes), "rows": len(rows)}


def look(browser, page, out):
    """What holds of every page, whatever stands in it."""
    for width in (WIDTH, 1600, 700):
        for scheme in ("light", "dark"):
            browser.size(width, scheme=scheme)
            browser.open(page.as_uri())
            demand(not requests(browser), f"{width} {scheme}: it asks for", requests(browser))
            demand(not complaints(browser), f"{width} {scheme}: complaints:", complaints(browser))
            demand(browser.value("document.documentElement.scrollWidth") <= width, f"it is wider than {width}")
            for what, found in (("the picture", OVERLAPS), ("pale", PALE)):
                found = browser.value(found)
                demand(not found, f"{width} {scheme}: {what}:", found)
    browser.size(WIDTH)
    browser.settle(0.3)
    browser.picture(out / "look.png")


def main():
    page, report, out = pathlib.Path(sys.argv[1]).resolve(), json.loads(pathlib.Path(sys.argv[2]).read_text()), pathlib.Path(sys.argv[3])
    program = os.environ.get("KEYLINT_BROWSER") or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        raise SystemExit("there is no Chromium")
    out.mkdir(parents=True, exist_ok=True)
    measured = {}
    browser = Browser(program)
    if sys.argv[4:] == ["look"]:
        try:
            look(browser, page, out)
        finally:
            browser.close()
        if WRONG:
            raise SystemExit("\n".join(WRONG))
        return
    try:
        browser.size(WIDTH)
        browser.open(page.as_uri())
        demand(not requests(browser), "it asks for", requests(browser))
        demand(browser.value("getComputedStyle(document.querySelector('.severity.critical')).backgroundColor") == "rgb(140, 28, 28)", "the style is not applied")
        measured["report"] = browser.picture(out / "light.png")
        demand(browser.value("document.documentElement.scrollWidth") <= WIDTH, "it is wider than the window")
        overlaps = browser.value(OVERLAPS)
        demand(not overlaps, "the picture:", overlaps)
        pale = browser.value(PALE)
        demand(not pale, "pale in the light:", pale)
        words = browser.value("""[...document.querySelectorAll(".finding .severity, .counts .severity, .matrix .severity")].every((e) => ["critical", "high", "medium", "low", "info", "unknown"].includes(e.textContent))""")
        demand(words, "a severity is not told by its word")
        filters(browser, report)
        cells(browser)
        measured["print"] = printed(browser, out, "print")
        browser.size(WIDTH, scheme="dark")
        browser.settle(0.3)
        pale = browser.value(PALE)
        demand(not pale, "pale in the dark:", pale)
        browser.picture(out / "dark.png")
        browser.size(700)
        browser.settle(0.3)
        demand(browser.value("document.documentElement.scrollWidth") <= 700, "it is wider than a narrow window:", browser.value("document.documentElement.scrollWidth"))
        browser.picture(out / "narrow.png")
        # The picture of the README: the head of the page with the estate.
        browser.size(WIDTH)
        browser.settle(0.3)
        end = browser.value("document.getElementById('estate').getBoundingClientRect().bottom + scrollY + 8")
        measured["readme"] = browser.picture(out / "report.png", {"x": 0, "y": 0, "width": WIDTH, "height": round(end or 0) or 1200})
        # Whatever the page did until here: no request, no complaint.
        demand(not requests(browser), "it asks for", requests(browser))
        demand(not complaints(browser), "complaints:", complaints(browser))
        # Without the script all is visible, and no control is there that does nothing.
        browser.ask("Emulation.setScriptExecutionDisabled", value=True)
        browser.open(page.as_uri())
        root = browser.ask("DOM.getDocument")["root"]["nodeId"]
        number = len(browser.ask("DOM.querySelectorAll", nodeId=root, selector=".finding:not([hidden])")["nodeIds"])
        demand(number == len(report["findings"]), "without the script", number, "findings are there")
        demand(browser.ask("DOM.querySelectorAll", nodeId=root, selector="#filter[hidden]")["nodeIds"], "without the script the filter is there")
        measured["print without script"] = None
        browser.print(out / "quiet.pdf")
        text = subprocess.run(["pdftotext", "-raw", out / "quiet.pdf", "-"], check=True, capture_output=True, text=True).stdout
        demand(text.count("How to fix it") >= len(report["findings"]) - 2, "without the script the reasons are not printed")
        measured.pop("print without script")
        demand(not requests(browser) and not complaints(browser), "without the script:", requests(browser), complaints(browser))
        # As who sees no colours sees it, for who looks at the pictures; the emulation itself asks for an image of its own.
        browser.ask("Emulation.setEmulatedVisionDeficiency", type="achromatopsia")
        browser.picture(out / "grey.png")
    finally:
        browser.close()
    if WRONG:
        raise SystemExit("\n".join(WRONG))
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
