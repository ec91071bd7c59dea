"""Explain what reading a changed number back did not show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wacb.api.client import Client
from wacb.api.listing import Listing
from wacb.errors import (
    CheckFailed,
    Command,
    DeadlineExceeded,
    Interrupted,
    NotFound,
    Prose,
    Unavailable,
    WacbError,
)
from wacb.models import UNKNOWN, AttachedId, Number
from wacb.provision.number_change import NumberChange, NumberResult, check_with_show


def attached_ids(results: Sequence[NumberResult]) -> list[str]:
    """Return the ID of each profile that was attached, once."""
    ids = (result.change.new for result in results if result.status == "attached")
    return list(dict.fromkeys(each for each in ids if isinstance(each, str)))


def look_up_again(client: Client, profile_id: str) -> WacbError | None:
    """Return what is wrong with a profile that was attached: somebody may have deleted it.

    Where the run was stopped or its time is up, what the number shows stands alone.
    """
    try:
        client.get_profile(profile_id)
    except NotFound:
        return CheckFailed(
            f"profile {profile_id} no longer exists",
            hint=Prose("attach another one with `", Command("number attach"), "`"),
        )
    except (Interrupted, DeadlineExceeded):
        return None
    except WacbError as error:
        return error
    return None


def fail_deleted(
    results: Sequence[NumberResult], problems: Mapping[str, WacbError | None]
) -> list[NumberResult]:
    """Turn the problem of an attached profile into a failure of its numbers."""
    return [_fail_attached(result, problems) for result in results]


def _fail_attached(result: NumberResult, problems: Mapping[str, WacbError | None]) -> NumberResult:
    new = result.change.new
    if result.error or result.status != "attached" or not isinstance(new, str):
        return result
    problem = problems.get(new)
    if problem is None:
        return result
    message = f"number {result.change.number} was changed, but {problem.message}"
    failed = type(problem)(message, hint=problem.hint, status=problem.status)
    return result._replace(error=failed)


def explain_unseen(
    result: NumberResult, listing: Listing[Number], shown: Mapping[str, AttachedId]
) -> NumberResult:
    """Make it a failure that the last listing lacks a number, or the profile that it showed."""
    if result.change.number not in shown:
        gone = listing.gap_error() if listing.gap else CheckFailed("it is no longer listed")
        return fail_unverified(gone, result)
    if result.change.shown and shown[result.change.number] is UNKNOWN:
        hidden = Unavailable("the API no longer shows its profile")
        return fail_unverified(hidden, result)
    return result


def fail_unverified(why: WacbError, result: NumberResult) -> NumberResult:
    """Make it a failure that a number which was changed could not be read back."""
    if not is_open(result) or result.error or isinstance(why, Interrupted):
        return result
    number = result.change.number
    failed = type(why)(
        f"number {number} was changed, but could not be read back: {why.message}",
        hint="run the same command again to compare",
        status=why.status,
    )
    return result._replace(error=failed)


def is_lost(result: NumberResult) -> bool:
    """Return whether the request may have been processed although no response came."""
    return result.status is None and result.error is not None and result.error.sent


def is_open(result: NumberResult) -> bool:
    """Return whether a change was made, or may have been, that is not seen on the number yet."""
    changed = result.status in ("attached", "detached") or is_lost(result)
    return changed and result.change.new is not UNKNOWN and not result.verified


def difference_error(change: NumberChange, shown: str | None) -> CheckFailed:
    return CheckFailed(
        f"the API accepted the update of number {change.number}, but shows "
        f"{f'profile {shown}' if shown else 'no profile'} on it instead of {change.new or 'none'}",
        hint=check_with_show(change.number),
    )
