"""Notes and hints about the undocumented way of attaching a profile."""

from __future__ import annotations

from wacb.api.requests import Api
from wacb.errors import CheckFailed, Command, Prose, join_prose
from wacb.models import AttachedId
from wacb.provision.number_change import NumberResult

_REFUSED = (400, 404, 405, 422)
_SETTINGS = ("attach_field", "attach_path", "attach_method")


def note_undocumented(api: Api, new: AttachedId) -> tuple[str, ...]:
    """Return a note if V1 attaches a profile without a setting that says how."""
    if api.waba_id is not None or new is None or api.overrides.keys() & _SETTINGS:
        return ()
    return ("the V1 API documents no field for a profile; it may reject or ignore it",)


def name_ways(result: NumberResult, *, single: bool) -> NumberResult:
    """Add to the hint of a refused or ignored attachment the command that finds a way that works.

    With `single` it names the number and the profile.
    """
    error, change = result.error, result.change
    ignored = isinstance(error, CheckFailed) and result.verified is False
    refused = ignored or (error is not None and error.status in _REFUSED)
    if error is None or not refused or not isinstance(change.new, str):
        return result
    number, profile = (change.number, change.new) if single else ("NUMBER", "ID")
    replace = ("--replace",) if isinstance(change.old, str) else ()
    check = ("--write", "--number", number, "--profile", profile, *replace)
    ways = Prose(
        "find out how this account attaches profiles with `",
        Command("api check", *check),
        "`, or set contract.attach_field, contract.attach_path or contract.attach_method; `",
        Command("number attach", number, "--incoming-url", "URL"),
        "` is the documented way of the V1 API",
    )
    error.hint = join_prose("; ", filter(None, (error.hint, ways)))
    return result
