"""Find out how a profile is attached to a number, by trying one way after another.

No other value is ever sent, so that the number has what it had, or what the user wants.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from wacb.api import values
from wacb.api.client import Client
from wacb.api.listing import read_page
from wacb.api.requests import Api, ApiRequest
from wacb.api.responses import NUMBER_LISTS, flatten, parse_listed_number
from wacb.errors import (
    ApiRejected,
    AuthenticationFailed,
    CheckFailed,
    DeadlineExceeded,
    NotFound,
    Unavailable,
    WacbError,
)
from wacb.models import UNKNOWN, AttachedId, same_id
from wacb.probe.look import look
from wacb.probe.model import Finding, confirmed, not_seen, refuted
from wacb.probe.names import Names, plural
from wacb.probe.ways import Way, list_ways, present_way
from wacb.provision.interrupt import report_interrupt
from wacb.provision.number_change import NumberChange, changed_meanwhile, check_with_show
from wacb.provision.steps import READ_BACK_AFTER
from wacb.storage.journal import Entry, Journal

Ask = Callable[[], bool | None]  # whether the console shows it, None without a terminal
_DETAILS = "(details)"  # where the details are in the members of a number
_GONE = (404, 405, 501)  # method and path do not exist, with any field


def list_attempts(api: Api, number: str, profile_id: str) -> list[ApiRequest]:
    """Return the requests of all ways; a real run stops at the first that works."""
    return [way.set_in(api).attach(number, profile_id) for way in list_ways(api)]


class Attached(NamedTuple):
    """What the attempts showed; `changed` says that the number has the wanted profile now."""

    findings: list[Finding]
    changed: bool
    error: WacbError | None = None


class _Shown(NamedTuple):
    """What the API shows of the number: its profile, and the members that hold the wanted ID."""

    attached: AttachedId
    members: frozenset[str]


def check_attach(
    client: Client,
    journal: Journal,
    change: NumberChange,
    *,
    member: str | None,
    names: Names,
    ask: Ask,
    sleep: Callable[[float], None],
) -> Attached:
    """Try the known ways in their order until one works.

    `member` shows the profile of a number, as far as reading told. What the API accepts and does
    not show is for `ask`. Raises ConfigError if no change could be journaled.
    """
    if not change.is_needed:
        words = "the number has the profile already; another number or profile would show it"
        return Attached([not_seen(_field_id(client), words)], changed=False)
    journal.check_writable()
    search = _Search(client, journal, change, names=names, ask=ask, sleep=sleep)
    unknown = f"number {change.number} may or may not have been changed"
    try:
        with report_interrupt(unknown, hint=check_with_show(change.number)):
            return search.run(list_ways(client.api, member))
    except WacbError as error:
        return Attached([], changed=False, error=error)


def _field_id(client: Client) -> str:
    return "attach_field" if client.api.waba_id else "v1_attach"


class _Search:
    """One search for the way that works on one number."""

    def __init__(
        self,
        client: Client,
        journal: Journal,
        change: NumberChange,
        *,
        names: Names,
        ask: Ask,
        sleep: Callable[[float], None],
    ) -> None:
        assert isinstance(change.new, str), "the wanted profile exists"
        self._client = client
        self._journal = journal
        self._change = change
        self._new = change.new
        self._names = names
        self._ask = ask
        self._sleep = sleep
        self._present = present_way(client.api)
        self._answers: Counter[str] = Counter()
        self._gone: set[tuple[str, str]] = set()
        self._refusals: list[WacbError] = []

    def run(self, ways: Iterator[Way]) -> Attached:
        self._before = self._look()
        if self._change.shown and not same_id(self._before.attached, self._change.old):
            raise changed_meanwhile(self._change.number)
        shows = self._change.shown and self._client.shows_profiles
        tried = 0
        for way in ways:
            if (way.method, way.path) in self._gone:
                continue
            if self._client.remaining() <= sum(READ_BACK_AFTER):
                raise DeadlineExceeded(
                    f"the time limit was reached after {plural(tried, 'way')} of attaching",
                    hint="pass a longer --deadline",
                )
            tried += 1
            entry = self._begin()
            if not self._send(way, entry):
                continue
            shown = self._wait_until_seen()
            if self._is_seen(shown):
                return self._found(way, entry, shown)
            if shows:
                self._require_kept(way, entry, shown)
                continue
            answer = self._ask()
            if answer:
                return self._found(way, entry, shown)
            if answer is None:
                self._journal.settle(entry, "unknown")
                words = "the API accepts a request and does not show whether it worked"
                return Attached([not_seen(_field_id(self._client), words)], changed=False)
            self._journal.settle(entry, "unknown")
            self._answers["accepted without effect"] += 1
        return self._none_works(tried)

    def _begin(self) -> Entry:
        return self._journal.begin(
            number=self._change.number, old=self._change.old, new=self._new, action="attach"
        )

    def _send(self, way: Way, entry: Entry) -> bool:
        """Send the request; return whether it was accepted. Raises if that is not known."""
        api = way.set_in(self._client.api)
        request = api.attach(self._change.number, self._new)._replace(existing=False)
        try:
            self._client.send(request)
        except (ApiRejected, NotFound, AuthenticationFailed, Unavailable) as error:
            status = error.status or 0
            if isinstance(error, Unavailable) and (not 400 <= status < 500 or status == 429):
                return self._settle_lost(entry, error)
            self._journal.settle(entry, "refused")
            self._answers[f"status {status}"] += 1
            self._refusals.append(error)
            if status in _GONE or isinstance(error, AuthenticationFailed):
                self._gone.add((way.method, way.path))
            return False
        return True

    def _settle_lost(self, entry: Entry, lost: Unavailable) -> bool:
        """Check whether a request without a response took effect. Raises if it did not."""
        with suppress(WacbError):
            if lost.sent and self._is_seen(self._look()):
                return True
        self._journal.settle(entry, "unknown" if lost.sent else "refused")
        doubt = "may or may not have been changed" if lost.sent else "was not changed"
        raise type(lost)(
            f"{lost.message}; number {self._change.number} {doubt}",
            hint=check_with_show(self._change.number),
            status=lost.status,
        )

    def _look(self) -> _Shown:
        """Read what the listing and the details show of the number."""
        api, number = self._client.api, self._change.number
        rows: list[dict[str, Any]] = []
        attached: AttachedId = UNKNOWN
        if api.waba_id is not None:
            for row in read_page(self._client.send(api.list_numbers()), *NUMBER_LISTS).rows:
                found = parse_listed_number(row, api)
                if found.number == number:
                    attached = found.callback_profile_id
                    rows.append(row)
        rows.append({_DETAILS: look(self._client, api.number_details(number)).data})
        members = (item for row in rows for item in flatten(row).items())
        held = {path for path, value in members if same_id(values.text(value), self._new)}
        return _Shown(attached, frozenset(held))

    def _is_seen(self, shown: _Shown) -> bool:
        return same_id(shown.attached, self._new) or bool(shown.members - self._before.members)

    def _wait_until_seen(self) -> _Shown:
        shown = self._before
        for pause in READ_BACK_AFTER:
            self._sleep(pause)
            shown = self._look()
            if self._is_seen(shown):
                break
        return shown

    def _require_kept(self, way: Way, entry: Entry, shown: _Shown) -> None:
        """If an attempt has removed the number's profile, restore it and raise CheckFailed."""
        old = self._change.old
        if same_id(shown.attached, old):
            self._journal.settle(entry, "refused")
            self._answers["accepted without effect"] += 1
            return
        self._journal.settle(entry, "unknown")
        number = self._change.number
        if shown.attached is not None:
            raise changed_meanwhile(number)
        restored = isinstance(old, str) and self._restore(number, old)
        raise CheckFailed(
            f"number {number} lost its profile when wacb tried {way.method} with {way.field}, and "
            f"{'has it again' if restored else 'wacb could not restore it'}",
            hint=check_with_show(number),
        )

    def _restore(self, number: str, old: str) -> bool:
        """Restore the old profile in any way that works; return whether it is there."""
        entry = self._journal.begin(number=number, old=UNKNOWN, new=old, action="rollback")
        for way in list_ways(self._client.api):
            with suppress(ApiRejected, NotFound, AuthenticationFailed, Unavailable):
                self._client.send(way.set_in(self._client.api).attach(number, old))
                if same_id(self._look().attached, old):
                    self._journal.settle(entry, "done")
                    return True
        return False

    def _found(self, way: Way, entry: Entry, shown: _Shown) -> Attached:
        self._journal.settle(entry, "done")
        self._client.remember_shown()
        seen = self._is_seen(shown)
        evidence = f"{way.method} with `{way.field}` "
        evidence += (
            "is shown on the number" if seen else "is shown in the console, according to you"
        )
        pairs = (
            (_field_id(self._client), way.field, self._present.field),
            ("attach_path", way.path, self._present.path),
            ("attach_method", way.method, self._present.method),
        )
        findings = [
            confirmed(id, evidence) if value == present else refuted(id, evidence, value=value)
            for id, value, present in pairs
        ]
        return Attached([*findings, *self._judge_member(shown)], changed=True)

    def _judge_member(self, shown: _Shown) -> list[Finding]:
        """Judge which member of the listing shows the new profile."""
        id = "number_profile_member"
        fresh = sorted(shown.members - self._before.members)
        listed = [path for path in fresh if not path.startswith(_DETAILS)]
        named = [path for path in listed if self._names.is_public(path)]
        if same_id(shown.attached, self._new):
            chosen = self._client.api.number_profile_member  # already judged by reading
            return [] if chosen else [confirmed(id, "the listing shows the new profile")]
        if not named:
            return []
        evidence = f"the listing shows the new profile as `{named[0]}`"
        return [refuted(id, evidence, value=named[0])]

    def _none_works(self, tried: int) -> Attached:
        auth = [each for each in self._refusals if isinstance(each, AuthenticationFailed)]
        if auth and len(auth) == tried:
            raise auth[0]
        counts = ", ".join(f"{words} {n} times" for words, n in sorted(self._answers.items()))
        evidence = f"none of {plural(tried, 'way')} works: {counts}"
        return Attached([refuted(_field_id(self._client), evidence)], changed=False)
