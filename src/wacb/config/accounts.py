"""The accounts of the config file: found, merged, chosen and removed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from wacb.config.file import (
    FIRST_ACCOUNT,
    Checked,
    ConfigFile,
    account_table,
    check_values,
    edit_file,
)
from wacb.config.regions import REGIONS
from wacb.config.settings import DEFAULTS
from wacb.errors import InvalidInput
from wacb.storage import files

_KEYS = {"api_key": "stored", "api_key_command": "command"}
# of each pair an account has one
_PAIRS = (("region", "base_url"), ("api_key", "api_key_command"))


class Account(NamedTuple):
    """An account as it is stored. `key` says where its API key is: "stored", "command" or None."""

    name: str
    default: bool
    sid: str | None
    host: str
    waba_id: str | None
    key: str | None


def list_accounts(file: ConfigFile) -> list[Account]:
    """List the accounts in the file's order."""
    only = next(iter(file.accounts)) if len(file.accounts) == 1 else None
    default = file.data.get("default_account", only)
    return [
        Account(
            name=name,
            default=name == default,
            sid=table.get("sid"),
            host=host(table),
            waba_id=table.get("waba_id"),
            key=next((word for key, word in _KEYS.items() if key in table), None),
        )
        for name, table in file.accounts.items()
    ]


def host(table: Mapping[str, Any]) -> str:
    """Return the base URL that the API key of an account goes to."""
    region = table.get("region", DEFAULTS["region"])
    return str(table.get("base_url") or REGIONS.get(region, (region,))[0])


def has_key(table: Mapping[str, Any]) -> bool:
    """Return whether an account has an API key, or a command that prints it."""
    return any(key in table for key in _KEYS)


def keeps_key(table: Mapping[str, Any], values: Mapping[str, Checked]) -> bool:
    """Return whether an account has a key that is still its own with new values.

    A key belongs to its host and SID.
    """
    merged = merge(table, values)
    same_sid = table.get("sid", merged.get("sid")) == merged.get("sid")
    return has_key(table) and same_sid and host(merged) == host(table)


def account_of(file: ConfigFile, sid: str) -> str:
    """Return the account that has a SID, or may get it: one without a SID, or the very first.

    Raises InvalidInput if a new account would need a name.
    """
    if not file.accounts:
        return FIRST_ACCOUNT
    same = [name for name, table in file.accounts.items() if table.get("sid") == sid]
    usual = file.usual_account()
    if usual is not None and (usual in same or "sid" not in file.accounts[usual]):
        return usual
    if len(same) == 1:
        return same[0]
    why = "several accounts have this SID" if same else "no account has this SID"
    raise InvalidInput(
        f"{why} in {file.path}: {', '.join(same or file.accounts)}",
        hint="pass --account NAME to choose one, or to name a new one",
    )


def merge(table: Mapping[str, Any], values: Mapping[str, Checked]) -> dict[str, Any]:
    """Return an account's table with new values; an empty one removes a key.

    A region takes the place of a base URL, a key that of a command, and the other way round.
    """
    merged = {**table, **values}
    for pair in _PAIRS:
        for key, other in (pair, reversed(pair)):
            if values.get(key):
                merged.pop(other, None)
    return {key: value for key, value in merged.items() if value != ""}


def merge_account(
    path: Path, values: Mapping[str, str], *, account: str, remaining: files.Remaining | None = None
) -> bool:
    """Merge values for ACCOUNT_KEYS into `account`, which is created if need be.

    Returns whether comments were dropped.
    """
    checked = check_values(values)

    def edit(file: ConfigFile, data: dict[str, Any]) -> None:
        table = account_table(file, data, account)
        merged = merge(table, checked)
        table.clear()
        table.update(merged)

    return edit_file(path, edit, remaining=remaining)


def use_account(path: Path, name: str, *, remaining: files.Remaining | None = None) -> bool:
    """Make `name` the default account. Raises ConfigError, returns as merge_account does."""

    def edit(file: ConfigFile, data: dict[str, Any]) -> None:
        file.check_account(name, "NAME")
        data["default_account"] = name

    return edit_file(path, edit, remaining=remaining)


def remove_account(path: Path, name: str, *, remaining: files.Remaining | None = None) -> bool:
    """Remove `name`, also as the default. Raises ConfigError, returns as merge_account does."""

    def edit(file: ConfigFile, data: dict[str, Any]) -> None:
        file.check_account(name, "NAME")
        del data["accounts"][name]
        if data.get("default_account") == name:
            del data["default_account"]

    return edit_file(path, edit, remaining=remaining)
