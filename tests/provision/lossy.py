"""The emulator behind a bad line: a create that goes wrong, and a listing that lags behind."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.fake_api import Clock, Reply, answer, emulated, refusal, up
from wacb.sandbox.account import SID
from wacb.sandbox.emulator import Sandbox
from wacb.storage.create_lock import CreateLock

Answered = tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]

# What may happen to the answer of a create that was, or was not, carried out.
LOST: Mapping[str, Reply | Exception] = {
    "500": refusal(500, "oops"),
    "502": Reply(status=502, body=b"<html>"),
    "503": refusal(503),
    "504": Reply(status=504),
    "reset": ConnectionResetError(),
    "timeout": TimeoutError(),
    "html": Reply(body=b"<!doctype html>"),
    "truncated": Reply(body=b'{"data": {"profile_', torn=True),
    "torn JSON": Reply(body=b'{"data": {"profile_'),
    "empty": Reply(),
    "204": Reply(status=204),
    "no id": answer({"title": "Incoming messages"}),
}


def make_lock(clock: Clock | None = None, folder: Path | None = None, **changes: Any) -> CreateLock:
    """The claim to the title of `make_draft`, by default kept in the test's home folder."""
    clock = clock or Clock()
    how: dict[str, Any] = {"now": partial(up, clock), "sleep": clock.sleep}
    how |= {"host": "api.example", "sid": SID, "title": "Incoming messages", **changes}
    return CreateLock(folder or Path.home() / "creates", **how)


class LossyApi:
    """Pass requests on to the emulator, but for what is to go wrong.

    The first `times` POSTs are answered by `lost`, after the emulator has carried them out if
    `committed`. Of the listings that follow each fails as `looks` says (None: it doesn't), and
    the first `hidden` that don't fail show nothing new.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        lost: Reply | Exception | None = None,
        *,
        committed: bool = False,
        times: int = 1,
        hidden: int = 0,
        looks: Sequence[Reply | Exception | None] = (),
    ) -> None:
        self._emulator = emulated(sandbox)
        self._lost = lost
        self._committed = committed
        self._times = times
        self._hidden = hidden
        self._looks = iter(looks)
        self._known: set[str] = set()
        self.posts = 0

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        if method == "POST":
            return self._create(method, url, headers, body)
        if "?" not in url:
            return self._emulator(method, url, headers, body)
        failure = next(self._looks, None) if self.posts else None
        if failure is not None:
            return answered(failure)
        return self._list(method, url, headers, body)

    def _create(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        self.posts += 1
        if self._lost is None or self.posts > self._times:
            return self._emulator(method, url, headers, body)
        if self._committed:
            self._emulator(method, url, headers, body)
        return answered(self._lost)

    def _list(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        _, _, chunks = self._emulator(method, url, headers, body)
        rows: list[dict[str, Any]] = json.loads(b"".join(chunks))["data"]["profiles"]
        if not self.posts:
            self._known.update(row["profile_id"] for row in rows)
        elif self._hidden:
            self._hidden -= 1
            rows = [row for row in rows if row["profile_id"] in self._known]
        return answered(answer({"profiles": rows, "total": len(rows)}))


def answered(turn: Reply | Exception) -> Answered:
    if isinstance(turn, Exception):
        raise turn
    return turn.status, list(turn.headers.items()), turn.chunks()
