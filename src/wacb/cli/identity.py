"""Which account a command works on. Completion uses this too, so it imports little."""

from __future__ import annotations

from wacb.config.regions import REGIONS
from wacb.config.settings import Settings
from wacb.sandbox.account import SID, WABA_ID
from wacb.storage.identity import Identity
from wacb.urls import host_of

# The host of the in-process sandbox in URLs; nothing is ever sent there.
_SANDBOX_URL = "http://sandbox.localhost"
SANDBOX = Identity(host=host_of(_SANDBOX_URL), sid=SID, waba_id=WABA_ID)


def find_hosts(settings: Settings) -> tuple[str, str]:
    """Return the base URLs of the V1 and the V2 API."""
    if settings.sandbox:
        return _SANDBOX_URL, _SANDBOX_URL
    if base := settings.get("base_url"):
        return base, base
    return REGIONS[settings.get("region") or ""]


def find_sid(settings: Settings) -> str | None:
    """Return the SID, None if there is none."""
    return SID if settings.sandbox else settings.get("sid")


def find_waba_id(settings: Settings) -> str | None:
    """Return the WABA ID, None for the V1 API; the sandbox has its own, as it has its own SID."""
    if settings.sandbox and not chooses_sandbox_waba(settings):
        return WABA_ID
    return settings.get("waba_id")


def chooses_sandbox_waba(settings: Settings) -> bool:
    """Return whether a WABA ID is given that is meant for the sandbox: by a flag, or V1."""
    given = settings.given.get("waba_id")
    return given is not None and (given.value is None or given.source == "--waba-id")


def identify(settings: Settings) -> Identity:
    """Return the key under which the account's values are stored."""
    host = host_of(find_hosts(settings)[1])
    return Identity(host=host, sid=find_sid(settings) or "", waba_id=find_waba_id(settings))
