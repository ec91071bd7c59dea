"""Which server a command talks to, as which account."""

from __future__ import annotations

from collections.abc import Callable

from wacb.api.requests import Api
from wacb.cli.identity import find_hosts, find_sid, find_waba_id
from wacb.config.settings import Settings, api_key, check_key_host
from wacb.errors import Command, ConfigError, InvalidInput, Prose
from wacb.sandbox.account import API_KEY

_NO_SID = "$WACB_SID"  # stands for a SID that is not set: the shell fills it in


def build_api(settings: Settings) -> Api:
    """Build requests for the sandbox, an explicit host or a region's hosts.

    Without a SID the URLs name the shell's variable. Raises InvalidInput for two different servers.
    """
    _ = settings.account  # one that is named has to exist, even if it is not needed
    if settings.sandbox and settings.source("base_url") == "--base-url":
        raise InvalidInput("--sandbox and --base-url cannot be used together")
    v1, v2 = find_hosts(settings)
    return Api(
        v1=v1,
        v2=v2,
        sid=find_sid(settings) or _NO_SID,
        waba_id=find_waba_id(settings),
        overrides=settings.contract,
    )


def has_sid(api: Api) -> bool:
    """Return whether a SID is configured."""
    return api.sid != _NO_SID


def missing_sid() -> ConfigError:
    """Build the error of a command that needs the journal, which is kept by SID."""
    return ConfigError(
        "the SID (WACB_SID) is missing; the journal is kept by SID",
        hint=Prose("set it, or run `", Command("config init"), "`"),
    )


def find_key(settings: Settings, remaining: Callable[[], float]) -> str | None:
    """Return the API key, None if none is configured. May run `api_key_command`."""
    if settings.sandbox:
        return API_KEY
    check_key_host(settings)  # before an api_key_command is run for nothing
    return api_key(settings, remaining=remaining)


def missing_credentials(api: Api, key: str | None) -> list[str]:
    """Return the names of those of SID and key that are missing."""
    configured = {"the SID (WACB_SID)": has_sid(api), "the API key (WACB_API_KEY)": key}
    return [name for name, value in configured.items() if not value]


def missing_error(message: str) -> ConfigError:
    """Build the error of a command that lacks credentials."""
    return ConfigError(
        message,
        hint=Prose(
            "set the variables, run `", Command("config init"), "`, or add --sandbox to try it out"
        ),
    )
