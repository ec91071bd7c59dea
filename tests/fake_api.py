"""What the tests of the API's client share: stand-ins for network and clock, small factories."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from wacb.api.client import Client
from wacb.api.requests import Api
from wacb.api.retry import RetryingClient
from wacb.models import CallbackProfile, Method, ProfileDraft
from wacb.net.message import Handler
from wacb.net.session import Session
from wacb.net.timeout import Deadline
from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.storage.profile_journal import ProfileJournal
from wacb.storage.uptime import Uptime
from wacb.template.placeholders import INCOMING, build_body, compact

HOST = "https://api.example"
NOW = 1_790_000_000.0  # Unix seconds when a Clock begins
PROFILES = f"{HOST}/v1/{SID}/callback/profiles"
NUMBERS = f"{HOST}/v2/{SID}/whatsapp/{WABA_ID}/number"
BODY = compact(build_body(INCOMING))
FIELDS: dict[str, Any] = {
    "title": "Incoming messages",
    "method": Method.POST,
    "url": "https://example.com/hook",
    "body": BODY,
}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer of the stand-in; a torn one breaks off after its body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    torn: bool = False

    def chunks(self) -> Iterator[bytes]:
        yield self.body
        if self.torn:
            raise ConnectionResetError


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request that reached the stand-in."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def fields(self) -> Any:
        return json.loads(self.body)


Turn = Reply | Exception | Callable[[Sent], Reply]


class Network:
    """Give the entries of a script in turn, the last one for ever; keep what was sent."""

    def __init__(self, *script: Turn) -> None:
        self.script = script
        self.sent: list[Sent] = []

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]:
        turn = self.script[min(len(self.sent), len(self.script) - 1)]
        self.sent.append(Sent(method=method, url=url, headers=headers, body=body))
        if isinstance(turn, Exception):
            raise turn
        reply = turn if isinstance(turn, Reply) else turn(self.sent[-1])
        return reply.status, list(reply.headers.items()), reply.chunks()


def answer(data: Any, *, status: int = 200, **members: Any) -> Reply:
    """An answer in the documented envelope."""
    envelope = {"code": "RBC024", "message": "", "data": data, "error": {}, "status": status}
    return Reply(status=status, body=json.dumps(envelope | members).encode())


def refusal(status: int, *params: str, **members: Any) -> Reply:
    """A refusal in the documented envelope."""
    error = [{"params": text} for text in params]
    return answer({}, status=status, **{"code": f"RBC{status}", "error": error, **members})


def emulated(sandbox: Sandbox) -> Handler:
    """The emulator as a network that never waits."""
    return partial(exchange, sandbox, sleep=lambda seconds: None)


class Clock:
    """Seconds that pass by sleeping only."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


def make_api(**changes: Any) -> Api:
    return Api(**{"v1": HOST, "v2": HOST, "sid": SID, "waba_id": WABA_ID, **changes})


def make_exchanger(
    handler: Handler, *, clock: Clock | None = None, deadline: float = 120, **changes: Any
) -> RetryingClient:
    """An exchanger whose waits cost no time and are as long as chance allows."""
    clock = clock or Clock()
    session = Session(timeout=30, deadline=Deadline(deadline, clock=clock), handler=handler)
    waits: dict[str, Any] = {"sleep": clock.sleep, "uniform": lambda low, high: high}
    how = {"key": API_KEY, "clock": clock, **waits, **changes}
    return RetryingClient(session=session, **how)


def make_client(handler: Handler, *, api: Api | None = None, **how: Any) -> Client:
    clock: Clock = how.setdefault("clock", None) or Clock()
    retrying = make_exchanger(handler, **how | {"clock": clock})
    journal = make_journal(clock, remaining=retrying.remaining)
    return Client(api or make_api(), retrying, journal=journal)


def make_journal(clock: Clock | None = None, **changes: Any) -> ProfileJournal:
    """The journal of profiles in the test's home folder."""
    how: dict[str, Any] = {"account": SID, "host": "api.example", "clock": lambda: NOW}
    how |= {"remaining": lambda: 120.0, "now": partial(up, clock or Clock())}
    return ProfileJournal(Path.home() / "journal.jsonl", **how | changes)


def up(clock: Clock) -> Uptime:
    """The time since a start of the machine."""
    return Uptime(boot="boot", seconds=NOW + clock())


def make_draft(**changes: Any) -> ProfileDraft:
    """A complete POST draft."""
    return ProfileDraft(**{**FIELDS, **changes})


def make_profile(**changes: Any) -> CallbackProfile:
    """The profile that `make_draft` asks for."""
    return CallbackProfile(**{"id": "SG_1", **FIELDS, **changes})


def make_row(**changes: Any) -> dict[str, Any]:
    """What the API shows of that profile, as documented (api.md §4)."""
    return {
        "profile_id": "SG_1",
        "title": "Incoming messages",
        "url": "https://example.com/hook",
        "http_method": "POST",
        "headers": "{}",
        "body_type": None,
        "body": BODY,
        "status": 1,
        "created_at": "2026-01-02T03:04:05.678Z",
        "modified_at": None,
        "enc": None,
        "response_message": None,
        "channel": None,
        "events": "[]",
        "dynamic_variables": None,
        "replacers": {},
        **changes,
    }
