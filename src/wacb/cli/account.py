"""Which server a command talks to, as which account: settings to requests."""

from __future__ import annotations

from wacb.api.requests import Api
from wacb.config.regions import REGIONS
from wacb.config.settings import Settings
from wacb.errors import InvalidInput
from wacb.sandbox.account import SID, WABA_ID

# What stands for the in-process sandbox in a URL; nothing is ever sent there.
_SANDBOX_URL = "http://sandbox.localhost"
NO_SID = "$WACB_SID"  # stands for a SID that is not set: the shell fills it in


def api_of(settings: Settings) -> Api:
    """Build requests for the sandbox, an explicit host or a region's hosts.

    A SID that is not set is NO_SID. Raises InvalidInput for two different servers.
    """
    if settings.sandbox:
        return _sandbox(settings)
    if base := settings.get("base_url"):
        v1 = v2 = base
    else:
        v1, v2 = REGIONS[settings.get("region") or ""]
    return Api(
        v1=v1,
        v2=v2,
        sid=settings.get("sid") or NO_SID,
        waba_id=settings.get("waba_id"),
        overrides=settings.contract,
    )


def _sandbox(settings: Settings) -> Api:
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
