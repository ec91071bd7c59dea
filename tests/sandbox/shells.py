"""Callers of the emulator, in this process and over HTTP, and the answers it owes to both."""

from __future__ import annotations

import http.client
import itertools
import json
import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests import fake_api
from wacb.sandbox.account import API_KEY, SID, WABA_ID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.server import Server
from wacb.sandbox.store import Store

PROFILES = f"/v1/{SID}/callback/profiles"
NUMBERS = f"/v2/{SID}/whatsapp/{WABA_ID}/number"
V1_NUMBER = f"/v1/{SID}/whatsapp/number"
ONE, TWO, NINE = "+15550100001", "+15550100002", "+15550100009"
ENC = {"algo": "AES-128-CFB", "key": "k" * 16, "IV": "i" * 16}

Send = Callable[[str, str, Mapping[str, str], bytes], "Answer"]


@dataclass
class Answer:
    """What came back; two answers are the same whatever headers a server adds."""

    status: int
    envelope: Any
    headers: dict[str, str] = field(compare=False, default_factory=dict)

    @property
    def data(self) -> Any:
        assert self.status == 200, self
        return self.envelope["data"]

    @property
    def params(self) -> list[str]:
        return [entry["params"] for entry in self.envelope["error"]]


def refused(code: str, message: str, *params: str, status: int) -> Answer:
    """Build the documented envelope of a failure."""
    error = [{"params": text} for text in params or (message,)]
    return Answer(
        status,
        {"code": code, "message": message, "data": {}, "error": error, "status": status},
    )


def invalid(*params: str) -> Answer:
    """Build the refusal of a profile whose fields are wrong."""
    return refused("RBC400", "Validation failed", *params, status=400)


@dataclass
class Clock:
    """A clock that stands still until it is set."""

    now: float = 1_700_000_000.123

    def __call__(self) -> float:
        return self.now


@dataclass
class Api:
    """A caller of the emulator that knows the right headers."""

    sandbox: Sandbox
    send: Send
    clock: Clock

    def __call__(
        self,
        method: str,
        path: str,
        fields: object = None,
        *,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        if raw is None:
            raw = b"" if fields is None else json.dumps(fields).encode()
        if headers is None:
            headers = {"api-key": API_KEY, **({"Content-Type": "application/json"} if raw else {})}
        return self.send(method, path, headers, raw)

    def create(self, **changes: object) -> str:
        """Create a profile and return its ID."""
        return str(self("POST", PROFILES, make_profile(**changes)).data["profile_id"])

    def attached(self, number: str = ONE) -> str:
        """Return the profile that the list shows for a number."""
        rows = self("GET", NUMBERS).data
        return next(
            str(row["callback_profile_id"]) for row in rows if row["phone_number"] == number
        )


def make_profile(**changes: object) -> dict[str, Any]:
    """Make the fields of a create; None leaves one out."""
    fields = {
        "title": "Incoming messages",
        "http_method": "POST",
        "url": "https://example.com/hook",
        "body": '{"text": "<body>"}',
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def make_row(profile_id: str, **changes: Any) -> dict[str, Any]:
    """Make the row that a profile of `make_profile` shows."""
    own = {"body": '{"text": "<body>"}', "created_at": "2023-11-14T22:13:20.123Z"}
    return fake_api.make_row(profile_id=profile_id, **{**own, **changes})


def make_sandbox(**options: Any) -> Sandbox:
    """Make an emulator in memory whose IDs count up."""
    serial = itertools.count(1)
    options = {
        "clock": Clock(),
        "new_id": lambda: f"SG_00000000-0000-4000-8000-{next(serial):012}",
        **options,
    }
    return Sandbox(Store(":memory:"), **options)


def statuses(sandbox: Sandbox) -> list[int]:
    """Return what was answered so far, 0 for nothing."""
    return [entry.status for entry in sandbox.requests()]


@contextmanager
def serving(sandbox: Sandbox, **options: Any) -> Iterator[str]:
    """Serve an emulator in a thread; yields its host and port."""
    server = Server(sandbox, **options)
    urls: queue.Queue[str] = queue.Queue()
    thread = threading.Thread(target=server.run, args=(urls.put,))
    thread.start()
    try:
        yield urls.get(timeout=10).removeprefix("http://")
    finally:
        server.stop()
        thread.join(10)
        assert not thread.is_alive(), "the server did not end in time"


def read_answer(status: int, headers: list[tuple[str, str]], body: bytes) -> Answer:
    names = {name.lower(): value for name, value in headers}
    is_json = names["content-type"].startswith("application/json")
    return Answer(status, json.loads(body) if is_json else body.decode(), names)


def sends_in_process(sandbox: Sandbox, sleep: Callable[[float], object]) -> Send:
    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        url = f"https://api.example{path}"
        status, names, stream = exchange(sandbox, method, url, headers, body, sleep=sleep)
        return read_answer(status, names, b"".join(stream))

    return send


def sends_over_http(address: str) -> Send:
    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        connection = http.client.HTTPConnection(address, timeout=10)
        try:
            connection.request(method, path, body or None, dict(headers))
            response = connection.getresponse()
            return read_answer(response.status, response.getheaders(), response.read())
        except http.client.IncompleteRead as error:
            raise ConnectionResetError from error
        finally:
            connection.close()

    return send
