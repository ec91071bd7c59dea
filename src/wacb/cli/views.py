"""How each kind of thing is shown: its JSON members (cli.md 7, 8), its row, its ID."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wacb.config.settings import ShownSetting
from wacb.errors import WacbError
from wacb.journal import Entry
from wacb.jsontext import is_deep
from wacb.models import CallbackProfile, Number
from wacb.placeholders import INCOMING
from wacb.provision.attach import Attachment
from wacb.provision.checks import Checked
from wacb.provision.profiles import Created, describe_report, inspect
from wacb.provision.remembered import Registration
from wacb.render import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How one kind of thing is shown.

    `as_json` gives its JSON members, `cells` its row as TSV, whose first cells fill the `columns`
    of a table; `id` is the member that `-q` prints, `none` the sentence for an empty list, `words`
    puts members that are no plain values into words for a record.
    """

    as_json: Callable[[Any], Mapping[str, Any]]
    columns: tuple[Column, ...]
    cells: Callable[[Mapping[str, Any]], Sequence[Any]]
    id: str
    none: str = ""
    words: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)


def profile_json(profile: CallbackProfile) -> dict[str, Any]:
    """A profile as JSON: secrets masked, placeholders counted."""
    import json

    body: Any = profile.body
    try:
        opened = json.loads(profile.body or "null")
        json.dumps(opened, allow_nan=False)  # Python reads NaN, and 1e999 as Infinity
        body = opened if isinstance(opened, dict) and not is_deep(opened) else body
    except (ValueError, RecursionError):
        pass  # cli.md 7: a body that is no JSON is shown as the string it is
    return {
        "id": profile.id,
        "title": profile.title,
        "method": profile.method.value,
        "url": profile.url,
        "body": body,
        "headers": dict.fromkeys(profile.headers, "***"),
        "status": profile.status,
        "channel": profile.channel,
        "events": list(profile.events),
        "encryption": profile.encryption and {"algorithm": profile.encryption.algorithm},
        "response_message": profile.response_message,
        "created_at": profile.created_at,
        "modified_at": profile.modified_at,
        "placeholders": describe_report(inspect(profile)),
    }


def _created_json(created: Created) -> dict[str, Any]:
    return profile_json(created.profile) | {"result": created.result}


def _counted(placeholders: Mapping[str, Any]) -> str:
    return f"{placeholders['present']}/{len(INCOMING)}"


def _in_words(placeholders: Mapping[str, Any]) -> str:
    faults = [
        f"{what} " + " ".join(f"<{name}>" for name in placeholders[what])
        for what in ("missing", "unknown")
        if placeholders[what]
    ]
    return ", ".join((_counted(placeholders), *faults))


def _profile_cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    plain = (value[name] for name in ("id", "title", "method", "url", "status"))
    return (*plain, _counted(value["placeholders"]))


_PROFILE_COLUMNS = (
    Column(title="ID", keep=True),
    Column(title="TITLE"),
    Column(title="METHOD"),
    Column(title="URL"),
    Column(title="STATUS"),
    Column(title="PLACEHOLDERS"),
)
_PROFILE = View(
    as_json=profile_json,
    columns=_PROFILE_COLUMNS,
    cells=_profile_cells,
    id="id",
    none="no callback profiles; `wacb profile create --method post` makes one",
    words={"placeholders": _in_words},
)
_CREATED = replace(_PROFILE, as_json=_created_json)


def _checked_json(checked: Checked) -> dict[str, Any]:
    return {
        "id": checked.profile.id,
        "title": checked.profile.title,
        "ok": checked.ok,
        "present": checked.present,
        "missing": list(checked.missing),
        "unknown": list(checked.unknown),
    }


_CHECKED = View(
    as_json=_checked_json,
    columns=(
        Column(title="ID", keep=True),
        Column(title="TITLE"),
        Column(title="OK"),
        Column(title="PRESENT"),
        Column(title="MISSING"),
        Column(title="UNKNOWN"),
    ),
    cells=lambda value: tuple(value.values()),
    id="id",
    none="no profile looks like one for incoming messages",
)


def _number_json(number: Number) -> dict[str, Any]:
    names = ("number", "name", "status", "waba_id", "callback_profile_id", "api")
    return {name: getattr(number, name) for name in names}


def _number_cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    names = ("number", "name", "status", "callback_profile_id", "api", "waba_id")
    return tuple(value[name] for name in names)


_NUMBER = View(
    as_json=_number_json,
    columns=(
        Column(title="NUMBER", keep=True),
        Column(title="NAME"),
        Column(title="STATUS"),
        Column(title="CALLBACK PROFILE ID", keep=True),
    ),
    cells=_number_cells,
    id="number",
    none="no numbers in this WhatsApp business account",
)


def error_json(error: WacbError) -> dict[str, Any]:
    """A failure as JSON (cli.md 4)."""
    names = ("code", "message", "hint", "status", "api_code", "retryable")
    return {name: getattr(error, name) for name in names}


def _attachment_json(attachment: Attachment) -> dict[str, Any]:
    value = attachment._asdict()
    error = value.pop("error")
    return value | ({"error": error_json(error)} if error else {})


def attachment_word(result: str | None, error_code: str | None) -> str:
    """Put what became of a number into one or two words."""
    unknown = {"interrupted": "not known", "outcome_unknown": "not known"}
    return result or {"not_tried": "not tried", **unknown}.get(error_code or "", "failed")


def _attachment_cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    error = value.get("error") or {}
    shown = tuple(value[name] for name in ("old", "new", "verified"))
    word = attachment_word(value["result"], error.get("code"))
    return (value["number"], word, *shown, error.get("message"))


_ATTACHMENT = View(
    as_json=_attachment_json,
    columns=(
        Column(title="NUMBER", keep=True),
        Column(title="RESULT"),
        Column(title="OLD", keep=True),
        Column(title="NEW", keep=True),
        Column(title="VERIFIED"),
    ),
    cells=_attachment_cells,
    id="number",
)

_REGISTRATION = View(
    as_json=Registration._asdict,
    columns=(
        Column(title="NUMBER", keep=True),
        Column(title="ID", keep=True),
        Column(title="PROFILE", keep=True),
    ),
    cells=lambda value: tuple(value[name] for name in ("number", "id", "profile")),
    id="id",
)

_ENTRY = View(
    as_json=Entry._asdict,
    columns=(
        Column(title="TIME", keep=True),
        Column(title="NUMBER", keep=True),
        Column(title="ACTION"),
        Column(title="OLD", keep=True),
        Column(title="NEW", keep=True),
    ),
    cells=lambda value: tuple(value[name] for name in ("time", "number", "action", "old", "new")),
    id="number",
    none="the journal has no change",
)

_SETTING = View(
    as_json=ShownSetting._asdict,
    columns=(Column(title="KEY", keep=True), Column(title="VALUE"), Column(title="SOURCE")),
    cells=lambda value: tuple(value[name] for name in ("key", "value", "source")),
    id="key",
)

VIEWS: dict[type, View] = {
    CallbackProfile: _PROFILE,
    Created: _CREATED,
    Checked: _CHECKED,
    Number: _NUMBER,
    Attachment: _ATTACHMENT,
    Registration: _REGISTRATION,
    Entry: _ENTRY,
    ShownSetting: _SETTING,
}
