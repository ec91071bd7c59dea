"""Check what only writing can show, on a throw-away profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from wacb.api import values
from wacb.api.client import Client
from wacb.api.requests import Api, ApiRequest
from wacb.api.responses import parse_profile, read_profile
from wacb.errors import ApiRejected, Interrupted, Unavailable, WacbError
from wacb.jsontext import read_json_or
from wacb.models import CallbackProfile, Encryption, Method, ProfileDraft
from wacb.probe.look import look
from wacb.probe.model import Finding, confirmed, not_seen, refuted
from wacb.probe.names import type_name
from wacb.probe.profiles import describe_refusal
from wacb.probe.throw_away import AGAIN, DRAFT, ENDPOINT, ThrowAways
from wacb.provision.created import LISTED_AFTER
from wacb.provision.interrupt import report_interrupt
from wacb.storage.create_lock import CreateLock

_HEADERS = DRAFT._replace(headers={"X-Wacb-Check": "changed"})
# of a profile that exists for seconds, and whose endpoint does not exist
_ENCRYPTION = DRAFT._replace(
    encryption=Encryption("AES-128-CFB", "throw-away-key-1", "throw-away-iv-01")
)
_CLEARED = DRAFT._replace(method=Method.GET, url=ENDPOINT, body="", response_message="")
_METHOD = ("method", "url", "body")


def list_writes(api: Api) -> list[ApiRequest]:
    """Return the requests that check_by_writing sends, except those that read."""
    name = "ID_OF_THE_THROW_AWAY_PROFILE"
    return [
        api.create_profile(DRAFT),
        api.update_profile(name, _HEADERS, ("headers",)),
        api.update_profile(name, _ENCRYPTION, ("encryption",)),
        api.update_profile(name, _CLEARED, ("response_message",)),
        api.update_profile(name, _CLEARED, _METHOD),
        api.create_profile(DRAFT),
        api.delete_profile(name),
        api.delete_profile(f"{name}_2"),
    ]


class Written(NamedTuple):
    """The findings of writing; `removed` counts deleted profiles of earlier runs."""

    findings: list[Finding]
    removed: int
    error: WacbError | None


def check_by_writing(
    client: Client, *, lock: CreateLock, sleep: Callable[[float], None]
) -> Written:
    """Create, read, list, update and delete throw-away profiles.

    None is left, whatever happens; if one may be, the error says so. Raises what keeps it from
    beginning.
    """
    made = ThrowAways(client, lock, sleep=sleep)
    findings: list[Finding] = []
    error: WacbError | None = None
    with lock.acquire(client.remaining):
        removed = made.remove_earlier()
        try:
            with client.reserve_time():
                _Check(client, made, findings, sleep).run()
        except WacbError as failure:
            error = failure
        except KeyboardInterrupt:
            error = Interrupted("interrupted; the throw-away profiles were removed")
        try:
            with report_interrupt("a throw-away profile may be left", hint=AGAIN):
                made.remove_all()
        except WacbError as failure:
            kind = Interrupted if isinstance(error, Interrupted) else type(failure)
            error = kind(failure.message, hint=failure.hint, status=failure.status)
    return Written(findings=findings, removed=removed, error=error)


class _Check:
    """One run on throw-away profiles; findings are added as they come."""

    def __init__(
        self,
        client: Client,
        made: ThrowAways,
        findings: list[Finding],
        sleep: Callable[[float], None],
    ) -> None:
        self._client = client
        self._made = made
        self._findings = findings
        self._sleep = sleep

    def run(self) -> None:
        self._judge_create()
        row = self._row()
        self._judge_text(row)
        self._judge_listed(there_at_once=bool(row))
        self._judge_update()
        self._judge_clear()
        self._judge_second()

    @property
    def _id(self) -> str:
        return self._made.made[0]

    def _row(self) -> dict[str, Any]:
        """Read the details, {} if there are none."""
        answer = look(self._client, self._client.api.get_profile(self._id))
        try:
            return {} if answer.refusal else read_profile(answer.data, self._id)
        except Unavailable:
            return {}

    def _judge_create(self) -> None:
        created = self._made.create()
        if created.has_id:
            self._findings.append(confirmed("created_id", "the response has the ID"))
        elif not created.answered:
            self._findings.append(not_seen("created_id", "the response was lost"))
        else:
            self._findings.append(refuted("created_id", "the response has no recognized ID"))

    def _judge_text(self, row: dict[str, Any]) -> None:
        if not row:
            self._findings.append(not_seen("headers_shown", "the details can't be read"))
            return
        profile = parse_profile(row)
        exact = {"title": DRAFT.title, "url": DRAFT.url, "response_message": DRAFT.response_message}
        changed = [name for name, text in exact.items() if row.get(name, text) != text]
        body = values.unwrap(row.get("body"))
        sent = read_json_or(DRAFT.body or "", None)
        same = body == DRAFT.body if isinstance(body, str) else body == sent
        if not same:
            changed.append("body")
        judge = refuted if changed else confirmed
        evidence = f"`body` comes back as {type_name(body)}, "
        evidence += f"changed: {', '.join(changed)}" if changed else "byte for byte"
        self._findings.append(judge("json_strings", evidence))
        shown = dict(profile.headers) == dict(DRAFT.headers or {})
        evidence = f"a header comes back {'as it was sent' if shown else 'changed'}"
        self._findings.append((confirmed if shown else refuted)("headers_shown", evidence))

    def _judge_listed(self, *, there_at_once: bool) -> None:
        id, waited = "listed_within", 0.0
        details = f"the details are {'' if there_at_once else 'not '}there at once"
        for pause in (0.0, *LISTED_AFTER):
            if pause >= self._client.remaining():
                self._findings.append(not_seen(id, f"{details}; the time limit was reached"))
                return
            self._sleep(pause)
            waited += pause
            if self._id in [profile.id for profile in self._made.find()]:
                judge = confirmed if there_at_once else refuted
                self._findings.append(judge(id, f"{details}; listed after {waited:.0f} s"))
                return
        self._findings.append(refuted(id, f"{details}; not listed after {waited:.0f} s"))

    def _update(
        self, draft: ProfileDraft, *fields: str, holds: Callable[[CallbackProfile], bool]
    ) -> str:
        """Send an update and read it back; return what went wrong, "" if nothing did."""
        answer = look(self._client, self._client.api.update_profile(self._id, draft, fields))
        if answer.refusal:
            return describe_refusal(answer)
        row = self._row()
        return "" if row and holds(parse_profile(row)) else "accepted, but not shown"

    def _judge_update(self) -> None:
        problems = {
            "headers": self._update(
                _HEADERS, "headers", holds=lambda shown: shown.headers != DRAFT.headers
            ),
            "enc": self._update(
                _ENCRYPTION, "encryption", holds=lambda shown: shown.encryption is not None
            ),
        }
        self._add_updates("update_fields", problems)

    def _judge_clear(self) -> None:
        problems = {
            "response_message": self._update(
                _CLEARED, "response_message", holds=lambda shown: not shown.response_message
            ),
            "body": self._update(
                _CLEARED, *_METHOD, holds=lambda shown: not values.structure(shown.body or "{}")
            ),
        }
        self._add_updates("clear_value", problems)

    def _add_updates(self, id: str, problems: Mapping[str, str]) -> None:
        evidence = "; ".join(f"`{name}`: {words or 'done'}" for name, words in problems.items())
        judge = refuted if any(problems.values()) else confirmed
        self._findings.append(judge(id, evidence))

    def _judge_second(self) -> None:
        try:
            self._made.create()
        except ApiRejected as error:
            evidence = f"a second profile with the same title is rejected: status {error.status}"
            self._findings.append(refuted("titles_repeat", evidence))
        else:
            evidence = "a second profile with the same title is created"
            self._findings.append(confirmed("titles_repeat", evidence))
