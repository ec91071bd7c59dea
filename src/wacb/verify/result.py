"""Run one check: the result it reports, and the error that decides the exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wacb.errors import (
    AuthenticationFailed,
    CheckFailed,
    Command,
    ConfigError,
    Interrupted,
    InvalidInput,
    NotFound,
    Prose,
    Unavailable,
    WacbError,
)

# Every check in order, and the types of error that it may end the command with; any other error
# becomes the first type. If the API fails, that is not the fault of the number or the profile.
_ACCESS = (ConfigError, AuthenticationFailed, Unavailable)
ERROR_TYPES: dict[str, tuple[type[WacbError], ...]] = {
    "config": (ConfigError,),
    "credentials": _ACCESS,
    "number": (CheckFailed, NotFound, InvalidInput, *_ACCESS),
    "profile": (CheckFailed, NotFound, *_ACCESS),
    "template": (CheckFailed,),
    "endpoint": (Unavailable,),
    "delivery": (CheckFailed,),
}


class CheckResult(NamedTuple):
    """The result of one check. `ok` is None if it was skipped or the API does not show the answer.

    `ms` is in milliseconds, None if it was skipped. `fix` says how to fix a failure, `error` is
    what it ends the command with.
    """

    name: str
    ok: bool | None
    ms: int | None
    detail: str
    fix: str | None = None
    error: WacbError | None = None


class Passed(NamedTuple):
    """What a check without an error returns; `ok` is None if the answer is unknown."""

    detail: str
    ok: bool | None = True
    fix: str | None = None
    checked: bool = True


def skipped(reason: str, fix: str | None = None) -> Passed:
    """Return the result of a check that was skipped for a reason."""
    return Passed(f"not checked: {reason}", None, fix, checked=False)


def run_check(
    name: str, check: Callable[[], Passed], *, clock: Callable[[], float], before: float = 0.0
) -> CheckResult:
    """Run one check; an error becomes its result, with a fix. Raises Interrupted.

    `before` is the seconds that went into it before.
    """
    began = clock() - before
    error = None
    try:
        found = check()
    except Interrupted:
        raise
    except WacbError as failure:
        fix = failure.hint or Prose(Command("config show"))
        found = Passed(failure.message, False, fix)
        error = _final_error(name, failure, found)
    ms = round((clock() - began) * 1000) if found.checked else None
    return CheckResult(name, found.ok, ms, found.detail, found.fix, error)


def _final_error(name: str, failure: WacbError, found: Passed) -> WacbError:
    kinds = ERROR_TYPES[name]
    kind = next((kind for kind in kinds if isinstance(failure, kind)), kinds[0])
    return kind(
        f"verify: {name}: {found.detail}",
        hint=found.fix,
        status=failure.status,
        api_code=failure.api_code,
    )
