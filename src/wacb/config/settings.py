"""The settings and their sources: flag, environment, config file, default; and the API key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from wacb.config.file import ConfigFile
from wacb.config.key_command import run_key_command
from wacb.config.schema import ACCOUNT_KEYS, CONTRACT_RULES, RULES
from wacb.errors import Command, ConfigError, InvalidInput, Prose
from wacb.validation import did_you_mean

NAMES = ("account", *RULES)
# assumed: default_region (api.md §1)
DEFAULTS = {"region": "sg", "timeout": "30", "deadline": "120"}
_CONNECTION = ("sid", "api_key", "region", "base_url", "waba_id")
_COMMAND_SECONDS = 30


class Setting(NamedTuple):
    """An unchecked value, and its source in words."""

    value: str | None
    source: str

    def __repr__(self) -> str:
        return f"Setting(source={self.source!r})"


class Settings(NamedTuple):
    """The settings, resolved and checked on use.

    So an invalid value matters only where it wins, and a missing account only where it is needed:
    with several accounts and no `default_account`, reading a value that one of them has is a
    ConfigError. An invalid value is InvalidInput from a flag or variable, else ConfigError.
    """

    given: Mapping[str, Setting]
    file: ConfigFile

    def get(self, name: str) -> str | None:
        """Return the checked value of one of NAMES, None if it is not set.

        A number is as read_phone returns it, a boolean is "1" or "0", an emptied WABA ID
        (`--waba-id ""`) is None.
        """
        found = self.find(name)
        if name == "account" or found.value is None:
            return found.value
        try:
            return RULES[name](found.value)
        except InvalidInput as error:
            raise self._name_source(name, found.source, error) from error

    def source(self, name: str) -> str:
        """Return the source of a setting: "--region", "account prod in PATH", "not set"."""
        return self.find(name).source

    def find(self, name: str) -> Setting:
        """Return the winning value for one of NAMES. Only an account name is checked."""
        if name == "account":
            return self._account()
        if name in self.given:
            return self.given[name]
        stored = self.stored(name)
        if stored is not None:
            return Setting(value=stored, source=f"account {self.account} in {self.file.path}")
        default = DEFAULTS.get(name)
        return Setting(value=default, source="not set" if default is None else "default")

    def stored(self, key: str) -> Any:
        """Return the value of `key` in the file for the current account, else None.

        Raises ConfigError if there is no current account and one of several has that key.
        """
        if key not in ACCOUNT_KEYS:
            return None
        if self.account is not None:
            return self.file.accounts[self.account].get(key)
        if any(key in account for account in self.file.accounts.values()):
            raise self.file.no_usual_account()
        return None

    @property
    def stores_key(self) -> bool:
        """Whether the current account has an API key in the file, or a command that prints it."""
        return any(self.stored(key) for key in ("api_key", "api_key_command"))

    @property
    def account(self) -> str | None:
        """The current account; None if there is none, or several and none is selected."""
        return self._account().value

    @property
    def timeout(self) -> float:
        """Seconds for one request."""
        return float(self.get("timeout") or 0)

    @property
    def deadline(self) -> float:
        """Seconds for all API requests of a command."""
        return float(self.get("deadline") or 0)

    @property
    def sandbox(self) -> bool:
        """Whether the built-in emulator replaces Kaleyra."""
        return self.get("sandbox") == "1"

    @property
    def no_input(self) -> bool:
        """Whether prompts are disabled (not whether there is a terminal)."""
        return self.get("no_input") == "1"

    @property
    def contract(self) -> Mapping[str, str]:
        """The checked overrides in the file's [contract] (api.md §5)."""
        checked = {}
        for key, value in self.file.data.get("contract", {}).items():
            if key not in CONTRACT_RULES:
                raise ConfigError(
                    f"{self.file.path}: {key!r} is not a valid key in [contract]",
                    hint=did_you_mean(key, CONTRACT_RULES),
                )
            try:
                checked[key] = CONTRACT_RULES[key](value)
            except InvalidInput as error:
                raise _config_error(f"{key} in [contract] of {self.file.path}", error) from error
        return checked

    def _account(self) -> Setting:
        asked = self.given.get("account")
        if asked is not None:
            self.file.check_account(asked.value or "", asked.source)
            return asked
        name = self.file.usual_account()
        if name is None:
            return Setting(value=None, source="not set")
        reason = "default_account" if "default_account" in self.file.data else "the only account"
        return Setting(value=name, source=f"{reason} in {self.file.path}")

    def _name_source(
        self, name: str, source: str, error: InvalidInput
    ) -> InvalidInput | ConfigError:
        if name not in self.given:
            return _config_error(f"{name} of {source}", error)
        if name == "api_key":
            return _config_error(source, error)
        return InvalidInput(f"{source}: {error.message}", hint=error.hint)


def resolve(
    flags: Mapping[str, str | None], environ: Mapping[str, str], file: ConfigFile
) -> Settings:
    """Collect the settings. `flags` has None for a flag that was not passed.

    Variables are named WACB_ and the name in capitals; an empty one counts as not set. `--account`
    selects the connection of its account over the environment's. Raises InvalidInput for both
    `--region` and `--base-url`.
    """
    if flags.get("region") is not None and flags.get("base_url") is not None:
        raise InvalidInput("--region and --base-url cannot be used together")
    given = {}
    for name in NAMES:
        flag, variable = flags.get(name), f"WACB_{name.upper()}"
        if flag is not None:
            given[name] = Setting(value=flag, source=f"--{name.replace('_', '-')}")
        elif environ.get(variable) and not (flags.get("account") and name in _CONNECTION):
            given[name] = Setting(value=environ[variable], source=variable)
    if environ.get("CI", "").lower() in ("true", "1"):  # nobody is there to ask
        given.setdefault("no_input", Setting(value="1", source="CI"))
    if "waba_id" in given and given["waba_id"].value in ("", "none"):  # the V1 number API
        given["waba_id"] = given["waba_id"]._replace(value=None)
    if _overrides_base_url(given):
        given["base_url"] = Setting(value=None, source="not set")
    return Settings(given=given, file=file)


def _overrides_base_url(given: Mapping[str, Setting]) -> bool:
    """Return whether the region comes from a higher level than every base URL."""
    if "region" not in given:
        return False
    return "base_url" not in given or given["region"].source == "--region"


def api_key(settings: Settings, *, remaining: Callable[[], float]) -> str | None:
    """Return the API key: WACB_API_KEY, the account's, or what its api_key_command prints.

    The command may take 30 s, or what is `remaining` of the deadline. Raises ConfigError, which
    never contains a key or the command's output, for a key that is invalid in a header and for a
    command that prints none.
    """
    key = settings.get("api_key")
    command = settings.stored("api_key_command") if key is None else None
    if command is None:
        return key
    return run_key_command(command, seconds=min(_COMMAND_SECONDS, remaining()))


def check_key_host(settings: Settings) -> None:
    """Raise ConfigError if a stored key would go to a host that it was not stored for.

    `config init` and the sandbox do not need this check.
    """
    host = settings.given.get("base_url")
    if host is None or host.value is None or "api_key" in settings.given:
        return
    if settings.stores_key and settings.get("base_url") != settings.stored("base_url"):
        raise ConfigError(
            f"the stored API key is not for the host in {settings.source('base_url')}",
            hint=Prose(
                "set WACB_API_KEY to the key for that host, or run `",
                Command("config set", "base_url", "URL"),
                "`",
            ),
        )


class ShownSetting(NamedTuple):
    """A setting to show, without secrets."""

    key: str
    value: str | None
    source: str


def describe(settings: Settings, name: str) -> ShownSetting:
    """Describe one of NAMES and its source; an api_key_command is named, not run."""
    value, source = settings.get(name), settings.source(name)
    if name == "api_key" and value:
        value = mask(value)
    elif name == "api_key" and settings.stored("api_key_command"):
        source = f"api_key_command of {settings.source('api_key_command')}"
    return ShownSetting(key=name, value=value, source=source)


def mask(secret: str) -> str:
    """Shorten a secret to at most its last four characters, which tell it from another."""
    return "…" + (secret[-4:] if len(secret) >= 12 else "")


def _config_error(where: str, error: InvalidInput) -> ConfigError:
    return ConfigError(f"{where}: {error.message}", hint=error.hint)
