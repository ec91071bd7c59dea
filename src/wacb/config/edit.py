"""Changes to the config file: set, unset, create an account. Reading it is file.py's.

tomli-w drops comments, so only this file, which wacb owns, is ever rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wacb.config.file import ConfigFile
from wacb.config.schema import (
    ACCOUNT_KEYS,
    ACCOUNT_RULES,
    CONTRACT_RULES,
    Rule,
    check_account_name,
    parse_command,
)
from wacb.errors import ConfigError, InvalidInput
from wacb.storage import files
from wacb.validation import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path

_RULES: dict[str, Rule] = {
    **ACCOUNT_RULES,
    "default_account": str,
    **{f"contract.{key}": rule for key, rule in CONTRACT_RULES.items()},
}
KEYS = (*_RULES, "api_key_command")
CONNECTION = ("sid", "api_key", "api_key_command", "region", "base_url", "waba_id")


def set_value(path: Path, key: str, value: str, *, account: str | None) -> None:
    """Set one of KEYS in the file at `path`.

    An account's key is set in `account`, which is created if need be, or in the usual account
    where that is None. `api_key_command` is a JSON array of strings. Raises InvalidInput for a
    value that breaks a rule, ConfigError for a file that is broken already.
    """
    checked = _check(key, value)

    def edit(file: ConfigFile, data: dict[str, Any]) -> None:
        if key == "default_account" and value not in file.accounts:
            raise InvalidInput(
                f"there is no account {value!r}", hint=did_you_mean(value, file.accounts)
            )
        _table(file, data, key, account)[_leaf(key)] = checked

    _edit(path, edit)


def unset_value(path: Path, key: str, *, account: str | None) -> None:
    """Remove one of KEYS from the file at `path`. Raises InvalidInput if it is not set."""

    def edit(file: ConfigFile, data: dict[str, Any]) -> None:
        table = _table(file, data, key, account)
        if _leaf(key) not in table:
            raise InvalidInput(f"{key} is not set, so it cannot be unset")
        del table[_leaf(key)]

    _edit(path, edit)


def init_account(path: Path, values: Mapping[str, str], *, account: str) -> None:
    """Write several of ACCOUNT_KEYS at once into `account`, which is created if need be.

    Its CONNECTION is written anew: no key may reach a host that it was not given with.
    """
    checked = check_values(values)

    def edit(file: ConfigFile, data: dict[str, Any]) -> None:
        table = _account(file, data, account)
        for key in CONNECTION:
            table.pop(key, None)
        table.update(checked)

    _edit(path, edit)


def check_values(values: Mapping[str, str]) -> dict[str, str | list[str]]:
    """Return values for ACCOUNT_KEYS as the file will hold them. Raises InvalidInput."""
    return {key: _check(key, value) for key, value in values.items()}


def _edit(path: Path, edit: Callable[[ConfigFile, dict[str, Any]], None]) -> None:
    def change(text: str | None) -> str:
        file = ConfigFile.parse(path, text or "")
        data = dict(file.data)
        edit(file, data)
        return _dump(path, data)

    files.update(path, change)


def _dump(path: Path, data: dict[str, Any]) -> str:
    import tomli_w

    try:
        return tomli_w.dumps(data)
    except (ValueError, RecursionError):
        # An unknown key may hold what can be read but not be written, such as a huge number.
        raise ConfigError(f"{path} holds a value that cannot be written back") from None


def _check(key: str, value: str) -> str | list[str]:
    """Return the value as the file holds it."""
    if key == "api_key_command":
        return parse_command(value)
    try:
        return _RULES[key](value)
    except InvalidInput as error:
        raise InvalidInput(f"{key}: {error.message}", hint=error.hint) from error


def _table(file: ConfigFile, data: dict[str, Any], key: str, account: str | None) -> dict[str, Any]:
    """Return the table that holds `key`, made if need be."""
    if key == "default_account":
        return data
    if key not in ACCOUNT_KEYS:
        contract: dict[str, Any] = data.setdefault("contract", {})
        return contract
    name = file.usual_account() if account is None else account
    if name is None:
        raise file.no_usual_account()
    return _account(file, data, name)


def _account(file: ConfigFile, data: dict[str, Any], name: str) -> dict[str, Any]:
    if name not in file.accounts:
        check_account_name(name)
        if not file.accounts or (len(file.accounts) == 1 and "default_account" not in data):
            # A first account is the default; an only one stays it when a second one comes.
            data["default_account"] = next(iter(file.accounts), name)
    table: dict[str, Any] = data.setdefault("accounts", {}).setdefault(name, {})
    return table


def _leaf(key: str) -> str:
    return key.rpartition(".")[2]
