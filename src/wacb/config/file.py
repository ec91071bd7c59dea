"""The config file as tables: load it, check its types, name its accounts (cli.md 11).

What the values mean is rules.py's, which of them win settings.py's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from wacb.config.schema import ACCOUNT_RULES, CONTRACT_RULES, is_command
from wacb.errors import ConfigError
from wacb.storage import files
from wacb.validation import did_you_mean

if TYPE_CHECKING:
    from pathlib import Path


class ConfigFile(NamedTuple):
    """The config file's tables; an absent file has none. Unknown keys are kept, not judged."""

    path: Path
    data: Mapping[str, Any] = MappingProxyType({})

    def __repr__(self) -> str:
        return f"ConfigFile(path={self.path!r})"

    @classmethod
    def load(cls, path: Path, *, must_exist: bool) -> ConfigFile:
        """Read `path`. Raises ConfigError if it is broken, or holds a key that others can read."""
        text = files.read_text(path)
        if text is None and must_exist:
            raise ConfigError(
                f"the config file {path} does not exist", hint="wacb config init writes one"
            )
        file = cls.parse(path, text or "")
        if any("api_key" in account for account in file.accounts.values()):
            files.check_private(path)
        return file

    @classmethod
    def parse(cls, path: Path, text: str) -> ConfigFile:
        """Check the text of `path` for TOML and for the types of all known keys."""
        if not text:  # the usual first run: spare it the import of a TOML parser
            return cls(path=path)
        file = cls(path=path, data=files.parse_toml(path, text))
        file._check_types()
        return file

    @property
    def accounts(self) -> Mapping[str, Mapping[str, Any]]:
        """The accounts by their names, in the file's order."""
        accounts: Mapping[str, Mapping[str, Any]] = self.data.get("accounts", {})
        return accounts

    def usual_account(self) -> str | None:
        """Name the account for a command that names none: `default_account`, or the only one.

        None where there is no account, or several. Raises ConfigError if there is no account of
        the name in `default_account`.
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
                f"{source}: there is no account {name!r} in {self.path}",
                hint=did_you_mean(name, self.accounts),
            )

    def no_usual_account(self) -> ConfigError:
        """Make the error for a command that needs an account where none is the usual one."""
        if not self.accounts:
            return ConfigError(
                f"there is no account in {self.path}", hint="create one with wacb config init"
            )
        return ConfigError(
            f"{self.path} has several accounts and no default_account",
            hint=f"choose with --account: {', '.join(self.accounts)}",
        )

    def _check_types(self) -> None:
        self._check_strings("", self.data, ("default_account",))
        self._check_table("accounts", self.data.get("accounts", {}))
        for name, account in self.accounts.items():
            self._check_table(f"accounts.{name}", account)
            self._check_strings(f"accounts.{name}", account, ACCOUNT_RULES)
            if not is_command(account.get("api_key_command", ["absent"])):
                raise self._wrong(f"accounts.{name}", "api_key_command", "an array of strings")
        self._check_table("contract", self.data.get("contract", {}))
        self._check_strings("contract", self.data.get("contract", {}), CONTRACT_RULES)

    def _check_table(self, table: str, value: Any) -> None:
        if not isinstance(value, dict):
            raise ConfigError(f"{self.path}: {table} is not a table", hint=f"write [{table}]")

    def _check_strings(self, table: str, values: Mapping[str, Any], keys: Iterable[str]) -> None:
        for key in keys:
            if not isinstance(values.get(key, ""), str):
                raise self._wrong(table, key, "a string in quotes")

    def _wrong(self, table: str, key: str, what: str) -> ConfigError:
        where = f"{key} in [{table}]" if table else key
        return ConfigError(f"{self.path}: {where} is not {what}")
