"""How profiles are shown: stored, just written, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wacb.cli.render import Column
from wacb.cli.views import View, members
from wacb.errors import Command, Prose
from wacb.jsontext import read_json_or
from wacb.models import CallbackProfile, name_profile
from wacb.redaction import MASK
from wacb.template.inspect import inspect

if TYPE_CHECKING:
    from wacb.provision.check import Checked
    from wacb.provision.steps import ProfileResult


def _profile_json(profile: CallbackProfile) -> dict[str, Any]:
    """Return a profile as JSON: secrets masked, placeholders counted."""
    report = inspect(profile)
    body = read_json_or(profile.body or "", None)
    return {
        "id": profile.id,
        "title": profile.title,
        "method": profile.shown_method if "method" in profile.unreadable else profile.method.value,
        "url": profile.url,
        "body": body if isinstance(body, dict) else profile.body,
        "headers": dict.fromkeys(profile.headers, MASK),
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


def summarize(profile: CallbackProfile) -> dict[str, Any]:
    """Return the members of a profile that are shown beside a number."""
    names = ("id", "title", "method", "url", "status", "placeholders")
    whole = _profile_json(profile)
    return {name: whole[name] for name in names}


def count_words(placeholders: Mapping[str, Any]) -> str:
    """Count the placeholders of all that are needed, like 14/14."""
    return f"{placeholders['present']}/{placeholders['present'] + len(placeholders['missing'])}"


def _placeholder_words(placeholders: Mapping[str, Any]) -> str:
    faults = [
        f"{what} " + " ".join(f"<{name}>" for name in placeholders[what])
        for what in ("missing", "unknown")
        if placeholders[what]
    ]
    return ", ".join((count_words(placeholders), *faults))


def _profile_cells(value: Mapping[str, Any]) -> tuple[Any, ...]:
    plain = (value[name] for name in ("id", "title", "method", "url", "status"))
    return (*plain, count_words(value["placeholders"]))


def _profile_row(profile: CallbackProfile) -> tuple[Any, ...]:
    identity, *named = _profile_cells(_profile_json(profile))
    return (*named, identity)


PROFILE = View(
    as_json=_profile_json,
    columns=(
        *map(Column, ("TITLE", "METHOD", "URL")),
        Column("STATUS", state=True),
        Column("PLACEHOLDERS"),
        Column("ID", keep=True),
    ),
    cells=_profile_cells,
    table_cells=_profile_row,
    id="id",
    none=Prose(
        "no callback profiles; create one with `",
        Command("profile create", "--method", "post"),
        "`",
    ),
    words={"placeholders": _placeholder_words},
    states=("status", "result"),
)


def _result_json(written: ProfileResult) -> dict[str, Any]:
    return _profile_json(written.profile) | {"result": written.status}


def _result_headline(written: ProfileResult) -> tuple[str, str]:
    named = name_profile(written.profile.id, written.profile.title)
    if written.status == "unchanged":
        return written.status, f"Profile {named} is unchanged"
    return written.status, f"{written.status.capitalize()} profile {named}"


PROFILE_RESULT = PROFILE._replace(
    as_json=_result_json,
    headline=_result_headline,
    told=("id", "title", "body", "created_at", "modified_at", "result"),
)


def _check_json(checked: Checked) -> dict[str, Any]:
    return {
        "id": checked.profile.id,
        "title": checked.profile.title,
        "ok": checked.ok,
        "present": checked.present,
        "missing": list(checked.missing),
        "unknown": list(checked.unknown),
    }


PROFILE_CHECK = View(
    as_json=_check_json,
    columns=(
        Column("ID", keep=True),
        Column("TITLE"),
        Column("OK", state=True),
        *map(Column, ("PRESENT", "MISSING", "UNKNOWN")),
    ),
    cells=members("id", "title", "ok", "present", "missing", "unknown"),
    id="id",
    none="no profile looks like one for incoming messages",
)
