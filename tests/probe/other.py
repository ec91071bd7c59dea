"""The emulator as another Kaleyra: what is assumed of the API has other values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.conftest import LIVE
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

Row = dict[str, Any]
UPDATE = f"/v2/{LIVE['WACB_SID']}/whatsapp/{LIVE['WACB_WABA_ID']}/number/update"
ATTACH_KEYS = {"phone_number", "wa_number"}


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What the other Kaleyra does; each default is what wacb assumes."""

    listed_in: tuple[str, ...] = ("profiles",)
    total: bool = True
    by_pages: bool = False
    cap: int = 100
    first: int | None = None  # rows of the first page
    title: str = "substring"  # or exact, ignored, hidden
    lean: frozenset[str] = frozenset()
    lost: frozenset[str] = frozenset()  # in the details as well
    statuses: Mapping[int, Any] = field(default_factory=dict)
    objects: bool = False  # JSON instead of text that holds it
    details_in: tuple[str, ...] = ()
    missing: tuple[int, str] = (404, "RBC302")
    numbers_in: tuple[str, ...] = ()
    number: str = "phone_number"
    number_statuses: Mapping[str, str] = field(default_factory=dict)
    member: str | None = "callback_profile_id"  # None: hidden
    created_in: tuple[str, ...] = ("profile_id",)
    lag: int = 0  # listings that a new profile is missing in
    unique_titles: bool = False
    clears: bool = True
    updates: bool = True  # headers, enc, events
    masks_headers: bool = False
    attach: tuple[str, str, str] = ("PUT", UPDATE, "callback_profile_id")
    accepts: bool = True  # False: answers 200 to every update and does nothing
    refuses: int = 422  # what an update without the field gets
    takes_away: bool = False  # an update without the field detaches the profile


class Other:
    """A network that answers as `contract` says; `sent` has every request."""

    def __init__(self, sandbox: Sandbox, contract: Contract) -> None:
        self.api = partial(exchange, sandbox, sleep=lambda seconds: None)
        self.contract = contract
        self.sent: list[tuple[str, str, Any]] = []
        self.hidden: dict[str, int] = {}

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]:
        self.headers = dict(headers)
        path, query = urlsplit(url).path, parse_qs(urlsplit(url).query)
        sent = json.loads(body) if body else None
        self.sent.append((method, path, sent))
        status, answer = self._answer(method, path, query, sent)
        return status, [], iter([json.dumps(answer).encode()])

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        content = b"" if body is None else json.dumps(body).encode()
        headers = {**self.headers, "content-type": "application/json"}
        status, _, chunks = self.api(method, f"https://api.example{path}", headers, content)
        return status, json.loads(b"".join(chunks))

    def _answer(self, method: str, path: str, query: Any, sent: Any) -> tuple[int, Any]:
        if path.endswith("/callback/profiles"):
            return self._list(path, query) if method == "GET" else self._create(path, sent)
        if "/callback/profiles/" in path:
            return self._one(method, path, sent)
        if method == "GET" and path.endswith("/number"):
            return self._numbers(path)
        if method != "GET" and sent and ATTACH_KEYS & sent.keys():
            return self._attach(method, path, sent)
        return self.ask(method, path, sent)

    # -- profiles

    def _rows(self, path: str) -> list[Row]:
        rows: list[Row] = []
        while True:
            _, page = self.ask("GET", f"{path}?limit=100&offset={len(rows)}")
            rows += page["data"]["profiles"]
            if len(rows) == page["data"]["total"]:
                return rows

    def _list(self, path: str, query: Any) -> tuple[int, Any]:
        contract = self.contract
        rows = [row for row in self._rows(path) if not self._lags(row["profile_id"])]
        title = query.get("title", [""])[0]
        if title and contract.title == "hidden":
            rows = []
        elif title and contract.title != "ignored":
            exact = contract.title == "exact"
            rows = [r for r in rows if r["title"] == title or (not exact and title in r["title"])]
        size, offset = min(int(query["limit"][0]), contract.cap), int(query["offset"][0])
        start = offset * size if contract.by_pages else offset
        shown = rows[start : start + size]
        if contract.first and not offset:
            shown = shown[: contract.first]
        listed = [self._shape(row, contract.lean | contract.lost) for row in shown]
        data = wrap(listed, contract.listed_in)
        if contract.total and isinstance(data, dict):
            data["total"] = len(rows)
        return 200, envelope(data)

    def _lags(self, profile_id: str) -> bool:
        left = self.hidden.get(profile_id, 0)
        self.hidden[profile_id] = left - 1
        return left > 0

    def _shape(self, row: Row, lean: frozenset[str]) -> Row:
        shown = {name: value for name, value in row.items() if name not in lean}
        if "status" in shown:
            shown["status"] = self.contract.statuses.get(row["status"], row["status"])
        if self.contract.masks_headers and row["headers"] != "{}":
            shown["headers"] = '{"X-Probe":"***"}'
        if self.contract.objects:
            for name in {"body", "headers", "events"} & shown.keys():
                shown[name] = shown[name] and json.loads(shown[name])
        return shown

    def _create(self, path: str, sent: Any) -> tuple[int, Any]:
        titles = [row["title"] for row in self._rows(path)]
        if self.contract.unique_titles and sent["title"] in titles:
            return refuse(400, "RBC400")
        status, answer = self.ask("POST", path, sent)
        if status != 200:
            return status, answer
        profile_id = answer["data"]["profile_id"]
        self.hidden[profile_id] = self.contract.lag
        *names, last = self.contract.created_in
        return status, envelope(wrap({last: profile_id}, tuple(names)))

    def _one(self, method: str, path: str, sent: Any) -> tuple[int, Any]:
        if method == "PATCH" and not self.contract.clears and "" in sent.values():
            return refuse(400, "RBC400")
        if method == "PATCH" and not self.contract.updates and {"headers", "events"} & sent.keys():
            return refuse(400, "RBC400")
        status, answer = self.ask(method, path, sent)
        if status == 404:
            return refuse(*self.contract.missing)
        if method == "GET":
            shown = self._shape(answer["data"], self.contract.lost)
            answer["data"] = wrap(shown, self.contract.details_in)
        return status, answer

    # -- numbers

    def _numbers(self, path: str) -> tuple[int, Any]:
        status, answer = self.ask("GET", path)
        if status != 200:
            return status, answer
        return 200, envelope(
            wrap([self._number(row) for row in answer["data"]], self.contract.numbers_in)
        )

    def _number(self, row: Row) -> Row:
        contract = self.contract
        shown = {contract.number: row["phone_number"], "name": row["name"]}
        shown["status"] = contract.number_statuses.get(row["status"], row["status"])
        if contract.member is not None:
            value: Any = row["callback_profile_id"]
            *names, last = contract.member.split(".")
            shown |= wrap({last: value}, tuple(names))
        return shown

    def _attach(self, method: str, path: str, sent: Any) -> tuple[int, Any]:
        wanted_method, wanted_path, name = self.contract.attach
        if not self.contract.accepts:
            return 200, envelope({})
        if not re.search(r"/number", path) or path.endswith(("/add", "/verify", "/retry_otp")):
            return refuse(404, "WA404")
        if (method, path) != (wanted_method, wanted_path):
            return refuse(404 if path != wanted_path else 405, "WA404")
        number = sent.get("phone_number") or sent["wa_number"]
        if name not in sent and self.contract.takes_away:
            sent[name] = ""
        if name not in sent and self.contract.refuses == 200:
            return 200, envelope({})
        if name not in sent:
            return refuse(self.contract.refuses, "WA400")
        return self.ask("PUT", UPDATE, {"phone_number": number, "callback_profile_id": sent[name]})


def wrap(value: Any, names: tuple[str, ...]) -> Any:
    """Put a value below members of these names."""
    for name in reversed(names):
        value = {name: value}
    return value


def envelope(data: Any) -> Any:
    return {"code": "RBC024", "message": "", "data": data, "error": {}, "status": 200}


def refuse(status: int, code: str) -> tuple[int, Any]:
    error = [{"params": "rejected by the test"}]
    return status, {"code": code, "message": "No", "data": {}, "error": error, "status": status}
