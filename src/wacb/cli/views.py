"""How things are shown: JSON members (cli.md 7, 8), row, ID. Profiles and numbers, that is.

Any other kind is registered in VIEWS by the commands that show it, so that no other loads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from wacb.cli.render import Column
from wacb.errors import WacbError
from wacb.jsontext import read_json_or
from wacb.models import CallbackProfile, Number


class View(NamedTuple):
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
    words: Mapping[str, Callable[[Any], str]] = MappingProxyType({})


def profile_json(profile: CallbackProfile) -> dict[str, Any]:
    """A profile as JSON: secrets masked, placeholders counted."""
    from wacb.template.placeholders import inspect_template

    opened = read_json_or(profile.body or "", None)
    report = inspect_template(profile)
    return {
        "id": profile.id,
        "title": profile.title,
        "method": profile.method.value,
        "url": profile.url,
        "body": opened if isinstance(opened, dict) else profile.body,
        "headers": dict.fromkeys(profile.headers, "***"),
        "status": profile.status,
        "channel": profile.channel,
        "events": list(profile.events),
        "encryption": profile.encryption and {"algorithm": profile.encryption.algorithm},
        "response_message": profile.response_message,
        "created_at": profile.created_at,
        "modified_at": profile.modified_at,
        "placeholders": {
            "present": report.present,
            "missing": list(report.missing),
            "unknown": list(report.unknown),
        },
    }


def _counted(placeholders: Mapping[str, Any]) -> str:
    return f"{placeholders['present']}/{placeholders['present'] + len(placeholders['missing'])}"


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
PROFILE = View(
    as_json=profile_json,
    columns=_PROFILE_COLUMNS,
    cells=_profile_cells,
    id="id",
    none="no callback profiles; `wacb profile create --method post` makes one",
    words={"placeholders": _in_words},
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

VIEWS: dict[type, View] = {CallbackProfile: PROFILE, Number: _NUMBER}


def error_json(error: WacbError) -> dict[str, Any]:
    """A failure as JSON (cli.md 4); `details` only where it has some."""
    names = ("code", "message", "hint", "status", "api_code", "retryable")
    details = {"details": list(error.details)} if error.details else {}
    return {name: getattr(error, name) for name in names} | details
