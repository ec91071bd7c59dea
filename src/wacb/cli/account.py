"""Which server a command talks to, as which account: settings to requests."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from wacb.errors import InvalidInput

if TYPE_CHECKING:  # `--help` and TAB do without the contract
    from wacb.api.requests import Api
    from wacb.cli.app import App
    from wacb.config.settings import Settings
    from wacb.storage.create_lock import Claim

# What stands for the in-process sandbox in a URL; nothing is ever sent there.
_SANDBOX_URL = "http://sandbox.localhost"
NO_SID = "$WACB_SID"  # stands for a SID that is not set: the shell fills it in
# commands that reach an account, and those that write one into the file
_API = re.compile(
    r"\bwacb (?=(?:(?:profile|number|verify|plan|apply|export|callback)|config show)\b)"
)
_FILE = re.compile(r"\bwacb (?=config (?!show\b))")


def api_of(settings: Settings) -> Api:
    """Build requests for the sandbox, an explicit host or a region's hosts.

    A SID that is not set is NO_SID. Raises InvalidInput for two different servers.
    """
    from wacb.api.requests import Api
    from wacb.config.hosts import HOSTS

    if settings.sandbox:
        return _sandbox(settings)
    if base := settings.get("base_url"):
        v1 = v2 = base
    else:
        v1, v2 = HOSTS[settings.get("region") or ""]
    return Api(
        v1=v1,
        v2=v2,
        sid=settings.get("sid") or NO_SID,
        waba_id=settings.get("waba_id"),
        overrides=settings.contract,
    )


def program(flags: Mapping[str, str]) -> str:
    """Write the start of a next command, which reaches the same account as these `flags` do."""
    given = _given(flags, "config", "account", "region", "base_url", "waba_id")
    return " ".join(("wacb", *(["--sandbox"] if "sandbox" in flags else []), *given))


def reaching(flags: Mapping[str, str], text: str) -> str:
    """Rewrite the commands that a text names so that they reach the account of these `flags`."""
    file = " ".join(("wacb", *_given(flags, "config", "account")))
    for pattern, start in ((_API, program(flags)), (_FILE, file)):
        text = pattern.sub(start.replace("\\", r"\\") + " ", text)
    return text


def _given(flags: Mapping[str, str], *names: str) -> list[str]:
    return [
        f"--{name.replace('_', '-')} {shlex.quote(flags[name])}" for name in names if name in flags
    ]


def _sandbox(settings: Settings) -> Api:
    from wacb.api.requests import Api
    from wacb.sandbox.account import SID, WABA_ID

    if settings.source("base_url") == "--base-url":
        raise InvalidInput("--sandbox and --base-url name two different servers")
    given = settings.source("waba_id") in ("--waba-id", "WACB_WABA_ID")
    return Api(
        v1=_SANDBOX_URL,
        v2=_SANDBOX_URL,
        sid=SID,
        waba_id=settings.get("waba_id") if given else WABA_ID,
        overrides=settings.contract,
    )


def claim_of(app: App, title: str) -> Claim:
    """Make what guards the creation of a title against other runs on this machine."""
    from wacb.storage.create_lock import Claim

    return Claim(
        app.state_folder / "creates",
        sid=app.api.sid,
        title=title,
        now=app.now,
        sleep=app.sleep,
        tell=app.out.note,
    )
