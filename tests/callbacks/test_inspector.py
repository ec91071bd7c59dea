"""The page of `callback listen --inspect`: what it serves, and what a browser makes of it."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from typing import Any

import pytest
import uvicorn

from tests.callbacks.chromium import PROGRAM, Browser, Page, chromium
from tests.fault_server import FaultServer, answer
from wacb.callbacks.inspector import MAX_CALLBACKS, app
from wacb.callbacks.recorder import RecentCallbacks
from wacb.callbacks.relay import Background
from wacb.net.server import App, Message
from wacb.template.placeholders import INCOMING

LOOPBACK = (b"host", b"127.0.0.1:8081")
SECURITY = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
BACKGROUND = Background(timeout=10)
HOSTILE = {
    "body": "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>",
    "name": "\"quotes\" 'and' </dd></script>&amp;\\",
    "from": "</button><a href=//evil.invalid>x</a>",
    "type": "text\0\x07\x1b[31m",
    "wanumber": "\u05e9\u05dc\u05d5\u05dd \u202eDERORRIM\u202c end",
    "mime_type": "x" * 4096,
    "media_url": "javascript:document.title='run'",
    "message": [{"<b>key</b>": "<svg onload=document.title='run'>", "id": 12345678901234567890}],
}


def make_callback(n: int, **changes: Any) -> dict[str, Any]:
    fields = {"body": f"Hello {n}", "from": "15550123456", "type": "text", "reply_to": ""}
    return {
        "event": "callback",
        "n": n,
        "time": f"2026-09-21T14:13:{n % 60:02}.250Z",
        "method": "GET",
        "path": "/wa",
        "kind": "message",
        "fields": fields,
        **sorted_out(fields),
        "headers": {"host": "example.test", "authorization": "***"},
        "query": f"body=Hello%20{n}&from=15550123456&type=text&reply_to=&name=<name>",
        "body": None,
        **changes,
    }


def sorted_out(fields: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the four lists; the first of the 14 that is not among `fields` is a literal one."""
    literal = [name for name in INCOMING if name not in fields][:1]
    return {
        "present": [name for name in INCOMING if name in fields],
        "empty": [name for name in INCOMING if fields.get(name) == ""],
        "literal": literal,
        "missing": [name for name in INCOMING if name not in {*fields, *literal}],
    }


def make_hostile(n: int) -> dict[str, Any]:
    return make_callback(
        n,
        path="/wa/<script>document.title='run'</script>",
        fields=HOSTILE,
        **sorted_out(HOSTILE),
        headers={"x-evil": "<img src=x onerror=document.title='run'>"},
        query="<img src=//evil.invalid/q>",
        body={"<i>": "</pre><img src=//evil.invalid/b>"},
    )


class Record(RecentCallbacks):
    """What a receiver keeps of its callbacks."""

    def __init__(self, *callbacks: dict[str, Any]) -> None:
        super().__init__(1000)
        self.count = 0
        for callback in callbacks:
            self.receive(callback)

    def receive(self, *callbacks: dict[str, Any]) -> None:
        for callback in callbacks or (make_callback(self.count + 1),):
            self.add(callback)
            self.count = callback["n"]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def numbers(self) -> list[int]:
        return [callback["n"] for callback in json.loads(self.body)]


def ask(
    record: Record,
    path: str = "/",
    *,
    method: str = "GET",
    hosts: tuple[tuple[bytes, bytes], ...] = (LOOPBACK,),
) -> Answer:
    return call(app(record, BACKGROUND), path, method=method, headers=hosts)


def call(
    page: App,
    path: str,
    *,
    method: str = "GET",
    headers: tuple[tuple[bytes, bytes], ...] = (LOOPBACK,),
    body: bytes | None = None,
) -> Answer:
    """Send a request; without a `body`, reading one fails."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Any:
        assert body is not None, "a body is read"
        return {"type": "http.request", "body": body, "more_body": False}

    scope: Message = {
        "type": "http",
        "method": method,
        "path": path.partition("?")[0],
        "query_string": path.partition("?")[2].encode(),
        "headers": [(b"accept", b"*/*"), *headers],
    }
    asyncio.run(page(scope, receive, send))
    start, content = sent
    fields = {name.decode(): value.decode() for name, value in start["headers"]}
    assert fields["content-length"] == str(len(content["body"]))
    return Answer(start["status"], fields, content["body"])


def test_the_page_is_put_together_from_the_files_of_the_package():
    answer = ask(Record())
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    parts = {name: files("wacb.callbacks").joinpath(f"inspect.{name}") for name in ("css", "js")}
    for text in (part.read_text() for part in parts.values()):
        assert text in answer.body.decode()


def test_the_page_names_nothing_outside_and_writes_no_html():
    page = ask(Record()).body.decode()
    outside = set(re.findall(r"https?://[^\s'\"]+", page))
    assert outside == {"http://www.w3.org/2000/svg", "http://127.0.0.1:3000/hook"}
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", page)
    assert not re.search(r"\bstyle=|\bon[a-z]+=", page)


def test_the_page_knows_the_14_names():
    names = re.search(r"const NAMES = \[(.*?)\]", ask(Record()).body.decode(), re.DOTALL)
    assert names is not None
    assert tuple(re.findall(r'"(\w+)"', names[1])) == INCOMING


@pytest.mark.parametrize(
    ("query", "numbers"),
    [("", [1, 2, 3]), ("?after=0", [1, 2, 3]), ("?after=2", [3]), ("?after=999999999999999", [])],
)
def test_the_callbacks_after_a_number_are_a_json_array(query, numbers):
    record = Record(*map(make_callback, (1, 2, 3)))
    answer = ask(record, f"/callbacks{query}")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.numbers == numbers


def test_callbacks_are_served_as_they_were_recorded():
    callback = make_hostile(1) | {"body": "lone \ud800 surrogate"}
    assert json.loads(ask(Record(callback), "/callbacks").body) == [callback]


def test_one_answer_holds_a_bounded_number_of_callbacks():
    record = Record(*map(make_callback, range(1, 2 * MAX_CALLBACKS + 2)))
    first = ask(record, "/callbacks?after=0").numbers
    second = ask(record, f"/callbacks?after={first[-1]}").numbers
    third = ask(record, f"/callbacks?after={second[-1]}").numbers
    assert [*first, *second, *third] == [*range(1, 2 * MAX_CALLBACKS + 2)]
    assert (len(first), len(second), len(third)) == (MAX_CALLBACKS, MAX_CALLBACKS, 1)


def test_one_answer_of_long_callbacks_is_bounded_and_never_empty():
    record = Record(*(make_callback(n, body="x" * 3 * 1024 * 1024) for n in (1, 2, 3)))
    assert ask(record, "/callbacks").numbers == [1, 2]
    record = Record(make_callback(1, body="x" * 9 * 1024 * 1024))
    assert ask(record, "/callbacks").numbers == [1]


def test_two_receivers_are_told_apart():
    first, second = (ask(Record(), "/callbacks").headers["wacb-run"] for _ in range(2))
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert first != second


@pytest.mark.parametrize(
    "query",
    [
        "after=",
        "after=-1",
        "after=x",
        "after=1&after=2",
        "before=1",
        "after=" + "9" * 16,
        "after=٣",
    ],
)
def test_another_query_is_refused(query):
    assert ask(Record(), f"/callbacks?{query}").status == 400


@pytest.mark.parametrize("path", ["/favicon.ico", "/callbacks/", "//", "/../etc/passwd", ""])
def test_another_path_is_not_found(path):
    assert ask(Record(), path).status == 404


@pytest.mark.parametrize("path", ["/", "/callbacks", "/clear", "/replay"])
@pytest.mark.parametrize("method", ["POST", "GET", "HEAD", "OPTIONS", "DELETE"])
def test_another_method_is_not_allowed(method, path):
    allowed = "GET" if path in ("/", "/callbacks") else "POST"
    if method != allowed:
        answer = ask(Record(), path, method=method)
        assert (answer.status, answer.headers["allow"]) == (405, allowed)


ORIGIN = (b"origin", b"http://127.0.0.1:8081")


@pytest.mark.parametrize(
    "origins",
    [
        (),
        ((b"origin", b"http://evil.test"),),
        ((b"origin", b"null"),),
        ((b"origin", b"http://127.0.0.1:8080"),),
        ((b"origin", b"https://127.0.0.1:8081"),),
    ],
    ids=["none", "another", "null", "another port", "another scheme"],
)
@pytest.mark.parametrize("path", ["/clear", "/replay"])
def test_only_the_page_can_use_its_buttons(path, origins):
    record = Record(make_callback(1))
    page = app(record, BACKGROUND)
    run = (b"wacb-run", call(page, "/callbacks").headers["wacb-run"].encode())
    for headers in ((LOOPBACK, run, *origins), (LOOPBACK, ORIGIN), (LOOPBACK, ORIGIN, WRONG)):
        answer = call(page, path, method="POST", headers=headers)
        assert (answer.status, answer.body) == (403, b"only the page itself may do this\n")
    assert len(record.after(0)) == 1


WRONG = (b"wacb-run", b"0123456789abcdef")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (b"no JSON", "a number and a URL are required"),
        (b'{"n": "1", "to": ""}', "a number and a URL are required"),
        (b'{"n": 1, "to": "https://example.com/"}', "example.com is not this machine"),
        (b'{"n": 3, "to": "127.0.0.1:1"}', "callback 3 is no longer kept"),
        (b'{"n": 2, "to": "127.0.0.1:1"}', "callback 2 cannot be replayed: damaged: headers"),
    ],
)
def test_the_page_gets_a_message_for_a_callback_that_cannot_be_replayed(asked, message):
    latin = make_callback(2, headers={"content-type": "text/\xfc"})
    page = app(Record(make_callback(1), latin), BACKGROUND)
    run = (b"wacb-run", call(page, "/callbacks").headers["wacb-run"].encode())
    headers = (LOOPBACK, ORIGIN, run)
    answer = call(page, "/replay", method="POST", headers=headers, body=asked)
    assert json.loads(answer.body) == {"ok": False, "error": {"message": message}}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8081", "localhost:8081", "LocalHost", "[::1]", "[::1]:65535"],
)
def test_a_loopback_name_is_served(host):
    assert ask(Record(), hosts=((b"host", host.encode()),)).status == 200


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        (b"",),
        (b"evil.test",),
        (b"127.0.0.1.evil.test",),
        (b"localhost:8081.evil.test",),
        (b"localhost:",),
        (b"localhost\n",),
        (b"user@localhost",),
        (b"0.0.0.0:8081",),
        (b"127.0.0.1", b"evil.test"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/callbacks", "/other"])
def test_any_other_host_is_refused(hosts, path):
    answer = ask(Record(make_callback(1)), path, hosts=tuple((b"host", host) for host in hosts))
    assert answer.status == 403
    assert b"Hello" not in answer.body


@pytest.mark.parametrize(
    ("path", "method", "hosts"),
    [
        ("/", "GET", (LOOPBACK,)),
        ("/callbacks", "GET", (LOOPBACK,)),
        ("/callbacks?x", "GET", (LOOPBACK,)),
        ("/other", "GET", (LOOPBACK,)),
        ("/", "POST", (LOOPBACK,)),
        ("/", "GET", ()),
    ],
    ids=["page", "callbacks", "400", "404", "405", "403"],
)
def test_every_answer_is_locked_down(path, method, hosts):
    headers = ask(Record(), path, method=method, hosts=hosts).headers
    assert headers.items() >= SECURITY.items()
    policy = dict(
        directive.strip().partition(" ")[::2]
        for directive in headers["content-security-policy"].split(";")
    )
    hashed = r"'sha256-[A-Za-z0-9+/]{43}='"
    assert re.fullmatch(hashed, policy.pop("script-src"))
    assert re.fullmatch(hashed, policy.pop("style-src"))
    assert policy == {
        "default-src": "'none'",
        "connect-src": "'self'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


# What follows needs a browser.

in_chromium = pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium on this machine")
ROWS = "[...document.querySelectorAll('#list button')]"
TOP = f"{ROWS}[0].querySelector('.number').textContent"
HERE = "(document.activeElement.querySelector('.number, h2') ?? document.body).textContent"
CLIPBOARD = ["clipboardReadWrite", "clipboardSanitizedWrite"]
TO_LIST = ("Tab",) * 4  # past the filter, the box and the button
SOON = "new Promise((done) => setTimeout(done, 1))"
QUESTIONS = "performance.getEntriesByType('resource').length"
# The contrast of every element that holds text of its own, the lowest first.
CONTRASTS = """(() => {
  const channels = (color) => color.match(/[0-9.]+/g).map(Number);
  const light = (color) => channels(color).slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const back = (node) => {
    const color = getComputedStyle(node).backgroundColor;
    return channels(color)[3] === 0 ? back(node.parentElement) : color;
  };
  return [...document.body.querySelectorAll("*")]
    .filter((node) => node.checkVisibility() && node.tagName !== "SCRIPT")
    .filter((node) => [...node.childNodes].some((child) => child.nodeName === "#text"
      && child.data.trim()))
    .map((node) => [light(getComputedStyle(node).color), light(back(node))].sort())
    .map(([dark, bright]) => (bright + 0.05) / (dark + 0.05)).sort((one, two) => one - two);
})()"""


class Server(uvicorn.Server):
    """Serves an app on a loopback port, in a thread."""

    def __init__(self, served: Any, port: int) -> None:
        how: dict[str, Any] = {"lifespan": "off", "log_config": None, "ws": "none"}
        super().__init__(uvicorn.Config(served, port=port, timeout_graceful_shutdown=1, **how))
        self.ready = threading.Event()
        self.port = port

    async def main_loop(self) -> None:
        self.port = self.servers[0].sockets[0].getsockname()[1]
        self.ready.set()
        await super().main_loop()


@contextmanager
def serving(record: Record, port: int = 0) -> Iterator[str]:
    server = Server(app(record, BACKGROUND), port)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.ready.wait(10)
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.should_exit = True
        thread.join(10)


def complaints(page: Page) -> list[Any]:
    """Return what the page threw and logged, and what its policy forbade it."""
    return page.events(
        *("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"),
        "Audits.issueAdded",
    )


@dataclass
class Desk:
    """A browser, and a server of the callbacks in `record`."""

    browser: Browser
    record: Record
    url: str

    @contextmanager
    def look(self, *callbacks: dict[str, Any]) -> Iterator[Page]:
        """Open the page. In the end it has asked its own origin only and complained of nothing."""
        self.record.clear()
        self.record.count = 0
        for callback in callbacks:
            self.record.receive(callback)
        with self.browser.page(self.url) as page:
            page.wait(f"{ROWS}.length == {len(callbacks)}")
            yield page
            asked = {event["request"]["url"] for event in page.events("Network.requestWillBeSent")}
            assert {self.url, f"{self.url}callbacks?after=0"} <= asked
            assert {address for address in asked if not address.startswith(self.url)} == set()
            assert complaints(page) == []


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    record = Record()
    with chromium(tmp_path_factory.mktemp("chromium")) as browser, serving(record) as url:
        yield Desk(browser, record, url)


def described(page: Page) -> dict[str, tuple[str, str]]:
    """Return badge and value of every field that the page shows."""
    rows = page.run(
        "[...document.querySelectorAll('#fields > div')]"
        ".map((line) => [...line.children].map((cell) => cell.textContent))"
    )
    return {name: (badge, value) for name, badge, value, *_ in rows}


@in_chromium
def test_the_list_shows_callbacks_as_they_come(desk):
    with desk.look() as page:
        page.wait("by.state.textContent == 'live'")
        assert "No callbacks yet" in page.run("document.body.innerText")
        desk.record.receive()
        page.wait(f"{ROWS}.length == 1")
        assert page.run("[by.count.textContent, document.title, by.none.hidden]") == [
            *("1 callback", "1 callback \N{EN DASH} wacb"),
            True,
        ]
        desk.record.receive(
            make_callback(2, kind="other", fields={"event": "quality"}, path="/other")
        )
        page.wait(f"{ROWS}.length == 2")
        assert page.run("by.news.textContent") == "1 new, 2 callbacks"
        first, second = page.run(f"{ROWS}.map((row) => row.innerText.split('\\n').slice(1))")
        assert first[0].endswith("GET /other")
        assert first[-1] == "not a message"
        assert second[1:] == [
            *(
                "text · 15550123456 · Hello 1",
                "3 received",
                "1 empty",
                "1 not filled in",
                "9 missing",
            ),
        ]


@in_chromium
def test_the_keyboard_walks_the_list_opens_a_callback_and_closes_it(desk):
    with desk.look(*(make_callback(n) for n in (1, 2, 3, 4))) as page:

        def press(*keys: str) -> str:
            page.press(*keys)
            here: str = page.run(HERE)
            return here

        assert press("Escape") == "#4"
        assert press("ArrowDown", "j") == "#2"
        assert press("ArrowUp") == "#3"
        assert press("End", "ArrowDown") == "#1"
        assert press("Home", "k") == "#4"
        assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert press("ArrowDown", "Enter") == "Callback 3"
        assert page.run("document.querySelector('[aria-current]').innerText").startswith("#3")
        assert press("j") == "Callback 2"
        assert press("ArrowDown", "k", "k") == "Callback 4"
        desk.record.receive()
        page.wait(f"{ROWS}.length == 5")
        assert page.run(f"[{HERE}, {TOP}]") == ["Callback 4", "#5"]
        assert press("Escape") == "#4"
        assert page.run("by.detail.hidden && !document.querySelector('[aria-current]')")
        assert press("Escape") == "#4"
        assert press("Enter", "Tab", "Enter") == "#4"  # the button that closes


@in_chromium
def test_an_open_message_shows_the_14_fields_and_what_was_received(desk):
    message = [{"id": 12345678901234567890, "text": {"body": "Hello"}}]
    fields = {"body": "Hello", "reply_to": "", "message": message, "more": "x", "from": 155.0}
    notes = ["odd", "<b>"]
    callback = make_callback(1, fields=fields, **sorted_out(fields), body={"a": 1}, notes=notes)
    with desk.look(callback) as page:
        page.press(*TO_LIST, "Enter")
        shown = described(page)
        assert tuple(shown) == (*INCOMING, "more")
        assert {name: shown[name] for name in (*fields, "mime_type", "name")} == {
            "body": ("received", "Hello"),
            "reply_to": ("empty", ""),
            "message": ("received", json.dumps(message, indent=2)),
            "more": ("extra", "x"),
            "from": ("received", "155.0"),
            "mime_type": ("not filled in", ""),
            "name": ("missing", ""),
        }
        assert page.run("by.notes.innerText") == "odd\n<b>"
        assert page.run("[by.query.textContent, by.body.textContent, by.headers.innerText]") == [
            callback["query"],
            '{\n  "a": 1\n}',
            "host\nexample.test\nauthorization\n***",
        ]


@in_chromium
def test_hostile_values_are_shown_as_text_and_run_nothing(desk):
    with desk.look(make_hostile(1)) as page:
        nodes = page.run("document.querySelectorAll('script, img, svg, a, b, i').length")
        page.press(*TO_LIST, "Enter")
        assert page.run("document.title") == "1 callback \N{EN DASH} wacb"
        assert page.run("document.querySelectorAll('script, img, svg, a, b, i').length") == nodes
        shown = {name: value for name, (_, value) in described(page).items() if value}
        assert shown == {
            **HOSTILE,
            "type": r"text\u0000\u0007\u001b[31m",
            "wanumber": "\u05e9\u05dc\u05d5\u05dd \\u202eDERORRIM\\u202c end",
            "message": json.dumps(HOSTILE["message"], indent=2),
        }
        escape = page.run(
            "getComputedStyle(document.querySelector('#fields .control')).unicodeBidi"
        )
        assert escape == "isolate"  # or right-to-left text around it turns \u202e around
        assert page.run("[by.query, by.body, by.headers, by.where].map((x) => x.textContent)") == [
            "<img src=//evil.invalid/q>",
            '{\n  "<i>": "</pre><img src=//evil.invalid/b>"\n}',
            "x-evil<img src=x onerror=document.title='run'>",
            "GET /wa/<script>document.title='run'</script>",
        ]


@in_chromium
def test_the_newest_callback_is_opened_unless_another_one_is_chosen(desk):
    opened = "by.detail.hidden ? null : by.title.textContent"
    with desk.look(make_callback(1), make_callback(2)) as page:
        assert page.run(opened) == "Callback 2"
        assert page.run("document.activeElement == document.body")
        desk.record.receive()
        page.wait(f"({opened}) == 'Callback 3'")
        page.press("j")
        assert page.run(opened) == "Callback 2"
        desk.record.receive()
        page.wait(f"{ROWS}.length == 4")
        assert page.run(opened) == "Callback 2"
        page.run("by.follow.focus(); by.follow.click(); by.follow.click()")
        assert page.run(opened) == "Callback 4"
        page.run("by.follow.click()")
        desk.record.receive()
        page.wait(f"{ROWS}.length == 5")
        assert page.run(opened) == "Callback 4"


@in_chromium
def test_a_narrow_page_begins_with_the_list(desk):
    desk.record.clear()
    with desk.browser.page(desk.url, width=320) as page:
        desk.record.receive(make_callback(1))
        page.wait(f"{ROWS}.length == 1")
        assert page.run("by.detail.hidden && by.callbacks.checkVisibility()")


@in_chromium
def test_the_filter_hides_what_does_not_match(desk):
    order = make_callback(2, fields={"body": "ORDER <7>", "from": "1"}, path="/order")
    with desk.look(make_callback(1), order, make_callback(3)) as page:
        page.press("/", *"order <7")
        assert page.run(f"{ROWS}.filter((row) => row.checkVisibility()).length") == 1
        assert page.run("by.count.textContent") == "3 callbacks, 1 shown"
        page.press("Tab", "Tab", "Tab", "End", "Enter")
        assert page.run(HERE) == "Callback 2"
        page.press("j", "k")
        assert page.run(HERE) == "Callback 2"
        desk.record.receive(make_callback(4))
        page.wait(f"{ROWS}.length == 4")
        assert page.run("by.count.textContent") == "4 callbacks, 1 shown"
        page.press("/", "x")
        assert page.run("[by.unmatched.hidden, by.none.hidden]") == [False, True]
        page.run("by.filter.value = ''; by.filter.dispatchEvent(new Event('input'))")
        assert page.run("by.count.textContent") == "4 callbacks"


@in_chromium
def test_clearing_empties_the_list_and_the_server(desk):
    with desk.look(make_callback(1), make_callback(2)) as page:
        page.run("by.clear.focus()")
        page.press("Enter")
        page.wait(f"{ROWS}.length == 0")
        assert desk.record.after(0) == []
        assert page.run("[by.none.hidden, by.detail.hidden, by.clear.disabled]") == [
            *(False, True, True),
        ]
        desk.record.receive(make_callback(3))
        page.wait(f"{ROWS}.length == 1")
        assert page.run("by.count.textContent") == "1 callback"


@in_chromium
def test_a_field_the_query_and_the_body_are_copied(desk):
    desk.browser.call("Browser.grantPermissions", permissions=CLIPBOARD)
    body = '{"a":{"b":12345678901234567890}}'
    with desk.look(make_callback(1, body=body)) as page:
        for what, text in (
            ("[aria-label='Copy from']", "15550123456"),
            ("#copy-query", make_callback(1)["query"]),
            ("#copy-body", body),
        ):
            page.run(
                f"by.news.textContent = ''; document.querySelector({json.dumps(what)}).focus()"
            )
            page.press("Enter")
            page.wait("by.news.textContent.startsWith('Copied')")
            assert page.run("navigator.clipboard.readText()") == text
        page.run("navigator.clipboard.writeText = () => Promise.reject(); by['copy-body'].click()")
        page.wait("by.news.textContent == 'Copying body failed'")


@in_chromium
def test_a_json_body_is_shown_formatted_or_raw(desk):
    body = '{"a":{"b":12345678901234567890}}'
    with desk.look(make_callback(1, body=body), make_callback(2, body="a=1")) as page:
        assert page.run("[by.body.textContent, by.format.hidden]") == ["a=1", True]
        page.press("j")
        pretty = '{\n  "a": {\n    "b": 12345678901234567890\n  }\n}'
        assert page.run("[by.body.textContent, by.format.textContent]") == [pretty, "Show raw"]
        page.run("by.format.click()")
        assert page.run("[by.body.textContent, by.format.textContent]") == [body, "Show formatted"]


@in_chromium
def test_a_callback_is_replayed_to_this_machine_and_the_response_shown(desk):
    kind = {"content-type": "application/json", "authorization": "***"}
    callback = make_callback(1, method="POST", query="a=1", headers=kind, body='{"a":"\\/"}')
    replies = (answer(201, b"<b>thanks"), answer(500))
    with FaultServer(*replies) as server, desk.look(callback) as page:
        page.run("by.to.focus()")
        page.press(*f"{server.url}/x", "Enter")
        page.wait("by.replayed.textContent.startsWith('Callback 1 answered 201 in ')")
        assert page.run("by.response.textContent") == "<b>thanks"
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        assert head.startswith(b"POST /x?a=1 HTTP/1.1\r\n")
        assert b"content-type: application/json" in head.lower()
        assert b"authorization" not in head.lower()
        assert body == callback["body"].encode()
        page.run("by.again.click()")
        page.wait("by.replayed.textContent.startsWith('Callback 1 answered 500 in ')")
        assert page.run("[by.response.hidden, by.replayed.className]") == [True, "failed"]


@in_chromium
def test_a_replay_to_another_machine_is_refused_with_a_message(desk):
    with desk.look(make_callback(1)) as page:
        page.run("by.to.value = 'https://example.com/'; by.again.click()")
        page.wait(
            "by.replayed.textContent =='Callback 1 not replayed: example.com is not this machine'"
        )


@in_chromium
def test_a_response_that_comes_later_is_added(desk):
    forwarded = {"url": "http://127.0.0.1:9/x", "status": 200, "ms": 12.3, "ok": True}
    failed = {**forwarded, "status": None, "ok": False, "error": {"message": "it is down"}}
    with desk.look(make_callback(1), make_callback(2)) as page:
        desk.record.add(make_callback(2, forwarded=forwarded))
        page.wait("by.forwarded.textContent == 'http://127.0.0.1:9/x answered 200 in 12 ms'")
        assert page.run("by.to.value") == "http://127.0.0.1:9/x"
        desk.record.add(make_callback(1, forwarded=failed))
        page.wait(f"{ROWS}[1].textContent.endsWith('not answered')")
        assert page.run(f"{ROWS}.length") == 2
        page.press("j")
        assert page.run("by.forwarded.textContent") == (
            "http://127.0.0.1:9/x not answered: it is down"
        )


@in_chromium
def test_a_huge_value_is_cut_and_says_so(desk):
    fields = {f"field{number}": "" for number in range(502)}
    body = "x" * 100_000 + "yz"
    with desk.look(make_callback(1, kind="other", fields=fields, body=body)) as page:
        page.press(*TO_LIST, "Enter")
        assert page.run("by.body.textContent") == "x" * 100_000 + "… and 2 more characters"
        assert page.run("by.fields.childElementCount") == 500
        assert page.run("by.more.textContent") == "… and 2 more fields"


@in_chromium
def test_nothing_needs_sideways_scrolling_and_all_can_be_read(desk):
    wide = "(node) => node.scrollWidth > node.clientWidth"
    backs = {"light": "rgb(244, 245, 247)", "dark": "rgb(15, 19, 23)"}
    with desk.look(make_callback(1), make_hostile(2)) as page:
        page.run("by.follow.click(); close()")
        for width, scheme in product((320, 859, 860, 1400), backs):
            page.size(width)
            page.prefer(scheme)
            painted = page.run("getComputedStyle(document.body).backgroundColor")
            assert painted == backs[scheme]
            for key in ("Home", "Enter", "j", "Escape"):
                page.run("scrollTo(0, 500); by.detail.scrollTop = 500")
                page.press(key)
                assert page.run("document.documentElement.scrollWidth") <= width
                assert not page.run(f"[by.callbacks, by.detail].some({wide})")
                assert page.run(CONTRASTS)[0] >= 4.5
                seen = page.run("[by.callbacks, by.detail].map((node) => node.checkVisibility())")
                opened = key in ("Enter", "j")
                assert seen == [width >= 860 or not opened, opened]
                assert not opened or page.run("scrollY + by.detail.scrollTop") == 0


@in_chromium
def test_a_hidden_page_asks_nothing_until_it_is_seen_again(desk):
    with desk.look() as page:
        page.wait("by.state.textContent == 'live'")
        page.run(
            "Object.defineProperty(document, 'hidden', {get: () => away});"
            "var away = true; poll(); undefined"
        )
        page.wait("!asking")
        before = page.run(QUESTIONS)
        desk.record.receive()
        page.run("new Promise((done) => setTimeout(done, 1100))")
        assert page.run(f"[{QUESTIONS}, {ROWS}.length]") == [before, 0]
        page.run("away = false; document.dispatchEvent(new Event('visibilitychange'))")
        page.wait(f"{ROWS}.length == 1")


@in_chromium
def test_a_server_that_ends_is_said_to_and_another_one_begins_anew(desk):
    with ExitStack() as later:
        with serving(Record(*map(make_callback, (1, 2)))) as url:
            page = later.enter_context(desk.browser.page(url))
            page.wait(f"{ROWS}.length == 2")
        page.run("poll()")
        page.wait("by.state.textContent == 'connection lost'")
        assert page.run("by.lost.textContent") == (
            "Connection lost: wacb callback listen has stopped. Callbacks received so "
            "far stay on this page."
        )
        assert page.run(f"{ROWS}.length") == 2
        with serving(Record(make_callback(1)), int(url.split(":")[2].strip("/"))):
            page.run("poll()")
            page.wait(f"{ROWS}.length == 1")
            assert page.run("[by.state.textContent, by.lost.textContent]") == ["live", ""]


@in_chromium
@pytest.mark.thorough
def test_only_the_newest_callbacks_stay_in_a_long_list(desk):
    with desk.look(make_callback(1)) as page:
        page.press(*TO_LIST)
        desk.record.receive(*map(make_callback, range(2, 603)))
        page.run(f"(async () => {{ while (last < 602) {{ await poll(); await {SOON} }} }})()")
        assert page.run(f"[{ROWS}.length, {TOP}, by.count.textContent]") == [
            *(500, "#602", "602 callbacks, newest 500 kept"),
        ]
        assert page.run(f"{ROWS}.filter((row) => row.tabIndex == 0).length") == 1
        assert page.run(HERE).startswith("#")


@in_chromium
@pytest.mark.thorough
def test_the_policy_stops_what_the_page_does_not_do(desk):
    desk.record.clear()
    with desk.browser.page(desk.url) as page:
        page.run("""
            var broken = [];
            addEventListener("securitypolicyviolation", (e) => broken.push(e.effectiveDirective));
            const script = document.createElementNS("http://www.w3.org/2000/svg", "script");
            script.append("document.title = 'run'");
            document.body.append(script);
            document.body.append(Object.assign(new Image(), { src: "/image" }));
            fetch("http://127.0.0.1:9/").catch(() => {});
            try { document.body.innerHTML = "<p>"; } catch (error) { var refused = error.name; }
        """)
        page.wait("new Set(broken).size >= 3")
        assert page.run("[refused, document.title]") == ["TypeError", "Callbacks \N{EN DASH} wacb"]
        kinds = {"connect-src", "img-src", "require-trusted-types-for"}
        assert set(page.run("broken")) == kinds
        assert complaints(page)
