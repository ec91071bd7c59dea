"""The config file: its tables, their types, its accounts, and changes to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from wacb.config.schema import (
    ACCOUNT_KEYS,
    ACCOUNT_RULES,
    CONTRACT_RULES,
    Rule,
    check_account_name,
    is_command,
    parse_command,
)
from wacb.errors import Command, ConfigError, InvalidInput, Prose
from wacb.storage import files
from wacb.storage.permissions import check_private, check_unchangeable
from wacb.storage.toml import dump_toml, parse_toml
from wacb.validation import did_you_mean, nearest

Checked = str | list[str]  # a value as the file holds it; api_key_command is a list
_TABLES = ("default_account", "accounts", "contract")
_CREATE_ACCOUNT = Prose("run `", Command("config init"), "` to create one")


class ConfigFile(NamedTuple):
    """The config file's tables; an absent file has none. Unknown keys are kept."""

    path: Path
    data: Mapping[str, Any] = MappingProxyType({})

    def __repr__(self) -> str:
        return f"ConfigFile(path={self.path!r})"

    @classmethod
    def load(cls, path: Path, *, must_exist: bool) -> ConfigFile:
        """Read `path`.

        Raises ConfigError if it is broken, if others can read an API key in it, or if they can
        change such a key or the command that prints one.
        """
        text = files.read_text(path)
        if text is None and must_exist:
            raise ConfigError(
                f"the config file {path} does not exist",
                hint=Prose("run `", Command("config init"), "` to create it"),
            )
        file = cls.parse(path, text or "")
        keys = {key for account in file.accounts.values() for key in account}
        if "api_key" in keys:
            check_private(path)
        if keys & {"api_key", "api_key_command"}:
            check_unchangeable(path)
        return file

    @classmethod
    def parse(cls, path: Path, text: str) -> ConfigFile:
        """Read the text of `path`; check that it is TOML and that known keys have their types."""
        if not text:  # the usual first run: spare it the import of a TOML parser
            return cls(path=path)
        file = cls(path=path, data=parse_toml(path, text))
        file._check_types()
        return file

    @property
    def accounts(self) -> Mapping[str, Mapping[str, Any]]:
        """The accounts by their names, in the file's order."""
        accounts: Mapping[str, Mapping[str, Any]] = self.data.get("accounts", {})
        return accounts

    def usual_account(self) -> str | None:
        """Return the account to use without --account: `default_account`, or the only one.

        None if there is no account, or several. Raises ConfigError if `default_account` does not
        exist.
        """
        name: str | None = self.data.get("default_account")
        if name is None:
            return next(iter(self.accounts)) if len(self.accounts) == 1 else None
        self.check_account(name, f"default_account in {self.path}")
        return name

    def check_account(self, name: str, source: str) -> None:
        """Raise ConfigError, with the nearest names, unless there is an account `name`."""
        if name not in self.accounts:
            raise ConfigError(
                f"{source}: account {name!r} not found in {self.path}", hint=self.nearest(name)
            )

    def nearest(self, name: str) -> str:
        """Make the hint for an account that does not exist."""
        return did_you_mean(name, self.accounts) if self.accounts else _CREATE_ACCOUNT

    def no_usual_account(self) -> ConfigError:
        """Make the error for a command that needs an account where there is no usual one."""
        if not self.accounts:
            return ConfigError(f"no accounts in {self.path}", hint=_CREATE_ACCOUNT)
        return ConfigError(
            f"{self.path} has several accounts and no default_account",
            hint=f"pass --account with one of {', '.join(self.accounts)}",
        )

    def unknown_keys(self) -> Iterator[str]:
        """Describe each key that wacb does not know, and ignores: it may be misspelt."""
        tables: dict[str, tuple[Mapping[str, Any], Sequence[str]]] = {"": (self.data, _TABLES)}
        tables |= {f" in [accounts.{n}]": (t, ACCOUNT_KEYS) for n, t in self.accounts.items()}
        for where, (table, known) in tables.items():
            for key in table:
                if key not in known:
                    near = nearest(key, known)
                    guess = f"; did you mean {near}?" if near else ""
                    yield f"{self.path}: unknown key {key!r}{where} is ignored{guess}"

    def _check_types(self) -> None:
        self._check_strings("", self.data, ("default_account",))
        self._check_table("accounts", self.data.get("accounts", {}))
        for name, account in self.accounts.items():
            self._check_table(f"accounts.{name}", account)
            self._check_strings(f"accounts.{name}", account, ACCOUNT_RULES)
            if not is_command(account.get("api_key_command", ["absent"])):
                raise self._type_error(f"accounts.{name}", "api_key_command", "an array of strings")
        self._check_table("contract", self.data.get("contract", {}))
        self._check_strings("contract", self.data.get("contract", {}), CONTRACT_RULES)

    def _check_table(self, table: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise ConfigError(f"{self.path}: {table} is not a table", hint=f"write [{table}]")

    def _check_strings(self, table: str, values: Mapping[str, Any], keys: Iterable[str]) -> None:
        for key in keys:
            if not isinstance(values.get(key, ""), str):
                raise self._type_error(table, key, "a string in quotes")

    def _type_error(self, table: str, key: str, what: str) -> ConfigError:
        where = f"{key} in [{table}]" if table else key
        return ConfigError(f"{self.path}: {where} is not {what}")


_RULES: dict[str, Rule] = {
    **ACCOUNT_RULES,
    "default_account": str,
    **{f"contract.{key}": rule for key, rule in CONTRACT_RULES.items()},
}
KEYS = (*_RULES, "api_key_command")
COMMENTS_DROPPED = "the comments in the config file were removed"
FIRST_ACCOUNT = "default"  # the name of a first account that was given none


def set_value(
    path: Path,
    key: str,
    value: str,
    *,
    account: str | None,
    remaining: files.Remaining | None = None,
) -> bool:
    """Set one of KEYS in the file at `path`.

    An account's key is set in `account`, which is created if need be; None means the usual account,
    in a file without any FIRST_ACCOUNT.
    `api_key_command` is a JSON array of strings. Raises InvalidInput for a
    value that breaks a rule, ConfigError for a file that is broken already.
    Returns whether comments were dropped.
    """
    checked = _check(key, value)

    def edit(file: ConfigFile, data: dict[str, Any]) -> None:
        if key == "default_account" and value not in file.accounts:
            raise InvalidInput(f"account {value!r} not found", hint=file.nearest(value))
        name = FIRST_ACCOUNT if account is None and not file.accounts else account
        _table(file, data, key, name)[_leaf(key)] = checked

    return edit_file(path, edit, remaining=remaining)


def unset_value(
    path: Path, key: str, *, account: str | None, remaining: files.Remaining | None = None
) -> bool:
    """Remove one of KEYS from the file at `path`. Raises InvalidInput if it is not set.

    Returns whether comments were dropped.
    """

    def edit(file: ConfigFile, data: dict[str, Any]) -> None:
        if account is not None and key in ACCOUNT_KEYS:
            file.check_account(account, "--account or WACB_ACCOUNT")
        table = _table(file, data, key, account)
        if _leaf(key) not in table:
            raise InvalidInput(f"{key} is not set")
        del table[_leaf(key)]

    return edit_file(path, edit, remaining=remaining)


def check_values(values: Mapping[str, str]) -> dict[str, Checked]:
    """Return values for ACCOUNT_KEYS as the file will hold them; an empty one stays empty.

    Raises InvalidInput.
    """
    return {key: value and _check(key, value) for key, value in values.items()}


def edit_file(
    path: Path,
    edit: Callable[[ConfigFile, dict[str, Any]], None],
    *,
    remaining: files.Remaining | None,
) -> bool:
    """Rewrite the file as `edit` changes its tables; return whether comments were dropped.

    Its lock is waited for as long as time is `remaining`.
    """
    dropped = False

    def change(text: str | None) -> str:
        nonlocal dropped
        dropped = has_comment(text or "")
        file = ConfigFile.parse(path, text or "")
        data = dict(file.data)
        edit(file, data)
        return _dump(path, data)

    files.update(path, change, remaining=remaining)
    return dropped


_STRING_OR_COMMENT = r'''(?s)"""(?:\\.|[^\\])*?"""|'{3}.*?'{3}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|(#)'''


def has_comment(toml: str) -> bool:
    """Return whether a TOML text has a comment."""
    return any(match[1] for match in re.finditer(_STRING_OR_COMMENT, toml))


def _dump(path: Path, data: dict[str, Any]) -> str:
    try:
        return dump_toml(data)
    except (ValueError, RecursionError):
        # an unknown key may have a value that can be read but not written, such as a huge number
        raise ConfigError(f"{path} contains a value that cannot be written back") from None


def _check(key: str, value: str) -> Checked:
    """Return the value as the file holds it."""
    if key == "api_key_command":
        return parse_command(value)
    try:
        return _RULES[key](value)
    except InvalidInput as error:
        raise InvalidInput(f"{key}: {error.message}", hint=error.hint) from error


def _table(file: ConfigFile, data: dict[str, Any], key: str, account: str | None) -> dict[str, Any]:
    """Return the table of `key`, which is created if need be."""
    if key == "default_account":
        return data
    if key not in ACCOUNT_KEYS:
        contract: dict[str, Any] = data.setdefault("contract", {})
        return contract
    name = file.usual_account() if account is None else account
    if name is None:
        raise file.no_usual_account()
    return account_table(file, data, name)


def account_table(file: ConfigFile, data: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the table of an account, which is created if need be."""
    if name not in file.accounts:
        check_account_name(name)
        if not file.accounts or (len(file.accounts) == 1 and "default_account" not in data):
            # the first account is the default, and stays it when a second one is added
            data["default_account"] = next(iter(file.accounts), name)
    table: dict[str, Any] = data.setdefault("accounts", {}).setdefault(name, {})
    return table


def _leaf(key: str) -> str:
    return key.rpartition(".")[2]
