"""The emulator behind a platform, a gateway or a proxy that answers in its own way."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count as count_up
from typing import Any
from urllib.parse import urlsplit

from tests.cli.conftest import ask, put
from tests.cli.expect import BODY, HOOK
from tests.conftest import profile_id
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.store import Store

PROFILES = r"/callback/profiles$"
PROFILE = r"/callback/profiles/[^/]+$"
NUMBERS = r"/whatsapp/\d+/number$"
UPDATE = r"/number/update$"
ABSENT = object()  # as a member's value: the member is left out

Answer = tuple[int, bytes]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is answered to a `method` at paths that fit; `arrives` says whether the API gets it."""

    method: str
    path: str
    answer: Callable[[int, bytes], Answer]
    arrives: bool = True


class Altered:
    """The emulator, but for the answers that a rule changes; `sent` are all requests."""

    def __init__(self, sandbox: Sandbox, *rules: Rule) -> None:
        self.api = partial(exchange, sandbox)
        self.rules = rules
        self.sent: list[tuple[str, str]] = []

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]:
        path = urlsplit(url).path
        self.sent.append((method, path))
        for rule in self.rules:
            if rule.method == method and re.search(rule.path, path):
                break
        else:
            return self.api(method, url, headers, body)
        status, content = 200, b""
        if rule.arrives:
            status, _, chunks = self.api(method, url, headers, body)
            content = b"".join(chunks)
        status, content = rule.answer(status, content)
        return status, [], iter([content])


def data(path: str, change: Callable[[Any], Any], *, method: str = "GET") -> Rule:
    """Change the `data` of the answers: one thing, or the rows of a page. ABSENT leaves it out."""

    def answer(status: int, content: bytes) -> Answer:
        envelope = json.loads(content)
        if status != 200:
            return status, content
        shown = envelope["data"]
        envelope["data"] = change(_page(shown))
        if envelope["data"] is ABSENT:
            del envelope["data"]
        return status, json.dumps(envelope).encode()

    return Rule(method=method, path=path, answer=answer)


def beside(path: str, **members: object) -> Rule:
    """Keep the first row of a listing, and say something of it beside `data`."""

    def answer(status: int, content: bytes) -> Answer:
        envelope = json.loads(content)
        first = _page(envelope["data"])[:1]
        return status, json.dumps({**envelope, "data": first, **members}).encode()

    return Rule(method="GET", path=path, answer=answer)


def _page(shown: Any) -> Any:
    return shown["profiles"] if isinstance(shown, dict) and "profiles" in shown else shown


def rows(path: str, change: Callable[[dict[str, Any]], Any]) -> Rule:
    """Change each row of a listing."""
    return data(path, lambda listed: [change(row) for row in listed])


def member(name: str, value: object, *, path: str = "/callback/profiles") -> Rule:
    """Give a member of every shown thing another value, in listings and details."""

    def change(row: dict[str, Any]) -> dict[str, Any]:
        shown = {key: item for key, item in row.items() if key != name}
        return shown if value is ABSENT else {**shown, name: value}

    return data(path, lambda d: [change(r) for r in d] if isinstance(d, list) else change(d))


def says(
    method: str, path: str, status: int, content: bytes | Mapping[str, Any], *, arrives: bool = True
) -> Rule:
    """Answer this, whatever the API did."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Rule(method=method, path=path, answer=lambda *_: (status, raw), arrives=arrives)


def make_ticking(sleeps: Sequence[float]) -> Sandbox:
    """Return an empty emulator, whose clock runs while the program sleeps."""
    numbers = count_up(1)
    return Sandbox(
        Store(":memory:"),
        clock=lambda: 1_790_000_000.0 + sum(sleeps),
        new_id=lambda: profile_id(next(numbers)),
    )


def make_profile(sandbox: Sandbox, *, title: str = "Hook", url: str = HOOK, **given: object) -> str:
    """Create a complete profile behind the program's back, and return its ID."""
    template = {} if given.get("http_method") == "GET" else {"body": BODY}
    row = {"title": title, "url": url, "http_method": "POST", **template, **given}
    return str(ask(sandbox, "POST", "/v1/SID/callback/profiles", row)["profile_id"])


def make_attached(sandbox: Sandbox, number: str, **given: Any) -> str:
    """Create a complete profile on a number behind the program's back, and return its ID."""
    made = make_profile(sandbox, **given)
    put(sandbox, made, number)
    return made


def count(sandbox: Sandbox, method: str) -> int:
    """How many requests of a method reached the API."""
    return sum(request.method == method for request in sandbox.requests())


FIRST = profile_id(1)
