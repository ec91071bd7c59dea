"""One link of the chain: how a check becomes a line of the report, and a failure an exit code.

What is checked stands in checks.py, in which order in chain.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from wacb.errors import (
    AuthenticationFailed,
    CheckFailed,
    ConfigError,
    Interrupted,
    NotFound,
    Unavailable,
    WacbError,
)

# Every link, and the errors that it may end the command with when it is broken (cli.md 9): its
# own kind, else the first. An API that fails halfway is no fault of the number or the profile.
_ACCESS = (ConfigError, AuthenticationFailed, Unavailable)
KINDS: dict[str, tuple[type[WacbError], ...]] = {
    "config": (ConfigError,),
    "credentials": _ACCESS,
    "number": (CheckFailed, NotFound, *_ACCESS),
    "profile": (CheckFailed, NotFound, *_ACCESS),
    "template": (CheckFailed,),
    "endpoint": (Unavailable,),
    "delivery": (CheckFailed,),
}


class Link(NamedTuple):
    """One link of the chain. `ok` is None where it was not checked, or the API does not tell.

    `ms` are milliseconds, None for what was not checked; `fix` says what mends it; `error` is what
    a broken link ends the command with.
    """

    link: str
    ok: bool | None
    ms: int | None
    detail: str
    fix: str | None = None
    error: WacbError | None = None


class Finding(NamedTuple):
    """What a check found where nothing is broken; `ok` is None where nobody can tell."""

    detail: str
    ok: bool | None = True
    fix: str | None = None
    checked: bool = True


def unchecked(reason: str, fix: str | None = None) -> Finding:
    """Find nothing, because it could not be checked, or was not to be."""
    return Finding(f"not checked: {reason}", None, fix, checked=False)


def measure(name: str, check: Callable[[], Finding], *, clock: Callable[[], float]) -> Link:
    """Check one link. A failure is what was found, and has a remedy. Raises Interrupted."""
    began = clock()
    error = None
    try:
        found = check()
    except Interrupted:
        raise
    except WacbError as failure:
        found = Finding(failure.message, False, failure.hint or "wacb config show")
        error = _final(name, failure, found)
    ms = round((clock() - began) * 1000) if found.checked else None
    return Link(name, found.ok, ms, found.detail, found.fix, error)


def _final(name: str, failure: WacbError, found: Finding) -> WacbError:
    kinds = KINDS[name]
    kind = next((kind for kind in kinds if isinstance(failure, kind)), kinds[0])
    return kind(
        f"verify: {name}: {found.detail}",
        hint=found.fix,
        status=failure.status,
        api_code=failure.api_code,
    )
