"""The settings in force and the API key: flag > environment > config file > default.

Each value remembers its source (cli.md 3, 11). The file's shape is file.py's, the rules for
values are rules.py's, writing is edit.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from wacb.config.file import ConfigFile
from wacb.config.schema import ACCOUNT_KEYS, CONTRACT_RULES, RULES, check_key
from wacb.errors import ConfigError, InvalidInput
from wacb.validation import did_you_mean

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    Run = Callable[..., CompletedProcess[bytes]]

NAMES = ("account", *RULES)
# assumed: the region (api-contract.md 1)
DEFAULTS = {"region": "sg", "timeout": "30", "deadline": "120"}
_COMMAND_SECONDS = 30


class Setting(NamedTuple):
    """A value as it was given, not yet checked, and where it came from in words for a person."""

    value: str | None
    source: str

    def __repr__(self) -> str:
        return f"Setting(source={self.source!r})"


class Settings(NamedTuple):
    """The settings in force, looked up and checked when they are asked for.

    So a bad value matters only where it wins, and a missing account only where it is needed: with
    several accounts and no `default_account`, asking for what one of them has is a ConfigError.
    A bad value is InvalidInput from a flag or the environment, ConfigError from the file.
    """

    given: Mapping[str, Setting]
    file: ConfigFile

    def get(self, name: str) -> str | None:
        """Return the checked value of one of NAMES, None where it is not set.

        A number is in E.164, a boolean is "1" or "0", an emptied WABA ID (`--waba-id ""`) is None.
        """
        found = self.find(name)
        if name == "account" or found.value is None:
            return found.value
        try:
            return RULES[name](found.value)
        except InvalidInput as error:
            raise self._blamed(name, found.source, error) from error

    def source(self, name: str) -> str:
        """Say where a setting comes from: "--region", "account prod in PATH", "not set"."""
        return self.find(name).source

    def find(self, name: str) -> Setting:
        """Return the value that wins for one of NAMES. Only an account's name is checked."""
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
        """Return what the account in use has in the file under `key`, None where it has not.

        Raises ConfigError if no account is in use and one of several has that key.
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
        """Whether the account in use has an API key in the file, or a command that gives it."""
        return any(self.stored(key) for key in ("api_key", "api_key_command"))

    @property
    def account(self) -> str | None:
        """The account in use; None where there is none, or several and none is chosen."""
        return self._account().value

    @property
    def timeout(self) -> float:
        """Seconds for one request."""
        return float(self.get("timeout") or 0)

    @property
    def deadline(self) -> float:
        """Seconds for a command's API work in all."""
        return float(self.get("deadline") or 0)

    @property
    def sandbox(self) -> bool:
        """Whether the built-in emulator takes Kaleyra's place."""
        return self.get("sandbox") == "1"

    @property
    def no_input(self) -> bool:
        """Whether prompts are switched off (not: whether there is a terminal)."""
        return self.get("no_input") == "1"

    @property
    def contract(self) -> Mapping[str, str]:
        """The checked overrides in the file's [contract] (api-contract.md 5)."""
        checked = {}
        for key, value in self.file.data.get("contract", {}).items():
            if key not in CONTRACT_RULES:
                raise ConfigError(
                    f"{self.file.path}: [contract] has no key {key!r}",
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

    def _blamed(self, name: str, source: str, error: InvalidInput) -> InvalidInput | ConfigError:
        if name not in self.given:
            return _config_error(f"{name} of {source}", error)
        if name == "api_key":
            return _config_error(source, error)
        return InvalidInput(f"{source}: {error.message}", hint=error.hint)


def resolve(
    flags: Mapping[str, str | None], environ: Mapping[str, str], file: ConfigFile
) -> Settings:
    """Find out who gives each setting. `flags` has None for a flag that was not given.

    The environment's names are WACB_ and the name in capitals; an empty variable is not set.
    """
    given = {}
    for name in NAMES:
        flag, variable = flags.get(name), f"WACB_{name.upper()}"
        if flag is not None:
            # An empty --waba-id means that there is none: the V1 number API is asked for.
            value = None if name == "waba_id" and not flag else flag
            given[name] = Setting(value=value, source=f"--{name.replace('_', '-')}")
        elif environ.get(variable):
            given[name] = Setting(value=environ[variable], source=variable)
    return Settings(given=given, file=file)


def api_key(settings: Settings, *, run: Run | None = None) -> str | None:
    """Return the API key: WACB_API_KEY, the account's, or what its api_key_command prints.

    `run` is subprocess.run or a stand-in. Raises ConfigError, which never holds a key or the
    command's output, for a key that no header can carry and for a command that gives none.
    """
    key = settings.get("api_key")
    command = settings.stored("api_key_command") if key is None else None
    return key if command is None else _ask(command, run)


def check_key_host(settings: Settings) -> None:
    """Raise ConfigError if a stored key would go to a host that it was not stored for (cli.md 11).

    For what is about to send the key to Kaleyra; `config init` and the sandbox don't ask.
    """
    if "base_url" not in settings.given or "api_key" in settings.given:
        return
    if settings.stores_key and settings.get("base_url") != settings.stored("base_url"):
        raise ConfigError(
            f"{settings.source('base_url')} names a host that the stored API key is not for",
            hint="put the key for that host into WACB_API_KEY, or its URL into the account "
            "with wacb config set base_url URL",
        )


class ShownSetting(NamedTuple):
    """A setting for eyes: no secret in full."""

    key: str
    value: str | None
    source: str


def describe(settings: Settings, name: str) -> ShownSetting:
    """Put one of NAMES and its source into words; an api_key_command is named, not run."""
    value, source = settings.get(name), settings.source(name)
    if name == "api_key" and value:
        value = mask(value)
    elif name == "api_key" and settings.stored("api_key_command"):
        source = f"api_key_command of {settings.source('api_key_command')}"
    return ShownSetting(key=name, value=value, source=source)


def mask(secret: str) -> str:
    """Shorten a secret to what tells it from another: at most its last four characters."""
    return "…" + (secret[-4:] if len(secret) >= 12 else "")


def _ask(command: list[str], run: Run | None) -> str:
    import subprocess

    program = f"the api_key_command {command[0]!r}"
    hint = "run it by hand to see why"
    try:
        # Nothing but its stdout: wacb's stdin may hold data, and its stderr may hold the key.
        done = (run or subprocess.run)(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ConfigError(f"{program} took over {_COMMAND_SECONDS} s", hint=hint) from None
    except (OSError, ValueError):
        raise ConfigError(f"{program} cannot be started", hint="is it on the PATH?") from None
    if done.returncode != 0:
        raise ConfigError(f"{program} ended with status {done.returncode}", hint=hint)
    try:
        return check_key(done.stdout.decode("utf-8", "replace").removesuffix("\n"))
    except InvalidInput as error:
        raise _config_error(program, error) from error


def _config_error(where: str, error: InvalidInput) -> ConfigError:
    return ConfigError(f"{where}: {error.message}", hint=error.hint)
