"""The App: what a command may need, built on first use."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import click

from wacb.cli.streams import is_terminal, takes_color

if TYPE_CHECKING:
    from pathlib import Path

    from wacb.api.client import Client
    from wacb.api.requests import Api
    from wacb.cli.output import Output
    from wacb.config.file import ConfigFile
    from wacb.config.settings import Settings
    from wacb.net.message import Handler
    from wacb.net.session import Session
    from wacb.net.timeout import Deadline
    from wacb.provision.lookup import AccountLookup
    from wacb.sandbox.emulator import Sandbox
    from wacb.storage.create_lock import CreateLock
    from wacb.storage.journal import Journal


class App:
    """One run of the program; a test can hand in everything that touches the world.

    `handler` stands for the network, `sandbox` for the emulator kept in the state folder,
    `interactive` for whether stdin is a terminal, `now` returns seconds since 1970,
    `clock` seconds that only grow.
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str] | None = None,
        handler: Handler | None = None,
        sandbox: Sandbox | None = None,
        interactive: bool | None = None,
        sleep: Callable[[float], None] | None = None,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self.flags: dict[str, str] = {}
        self.verbosity = self.jobs = 0  # jobs 0: the defaults
        self.sleep, self._sleep = sleep or time.sleep, sleep
        self.now, self.clock = now, clock
        self._handler, self._sandbox = handler, sandbox
        self._interactive = interactive

    @cached_property
    def environ(self) -> Mapping[str, str]:
        """The variables of the environment."""
        from wacb.config.environment import read_environment

        return read_environment(self._environ)

    @cached_property
    def out(self) -> Output:
        """What the command prints."""
        from wacb.cli import next_command
        from wacb.cli.output import Output

        return Output(
            color=self._color,
            render_commands=partial(next_command.render, self.flags),
            make_redactor=_make_redactor,
            mask_repeated=_mask_repeated,
            measure_width=_measure_width,
        )

    @cached_property
    def config_path(self) -> Path:
        """The config file in use, which need not exist."""
        from wacb.storage.paths import config_folder, expand

        named = self._named_config
        return expand(named, self.environ) if named else config_folder(self.environ) / "config.toml"

    @property
    def _named_config(self) -> str | None:
        return self.flags.get("config") or self.environ.get("WACB_CONFIG")

    @cached_property
    def config_file(self) -> ConfigFile:
        """The config file's content; empty when no file was named and the default is absent."""
        return self.load_config(must_exist=bool(self._named_config))

    def load_config(self, *, must_exist: bool) -> ConfigFile:
        """Read the config file, and warn about keys that may be misspelt."""
        from wacb.config.file import ConfigFile

        file = ConfigFile.load(self.config_path, must_exist=must_exist)
        for text in file.unknown_keys():
            self.out.warn(text)
        return file

    def for_accounts(self, accounts: Mapping[str, Any], *, sandbox: Sandbox | None = None) -> App:
        """Build another App that has only these accounts: no flags, no WACB_ variables."""
        from wacb.config.file import ConfigFile

        environ = {k: v for k, v in self.environ.items() if not k.startswith("WACB_")}
        other = App(
            environ=environ,
            handler=self._handler,
            sandbox=sandbox or self._sandbox,
            interactive=False,
            sleep=self._sleep,
            now=self.now,
        )
        other.config_file = ConfigFile(path=self.config_path, data={"accounts": accounts})
        return other

    @property
    def chosen_account(self) -> str | None:
        """The account named by a flag or the environment; it need not exist yet."""
        return self.flags.get("account") or self.environ.get("WACB_ACCOUNT") or None

    @cached_property
    def settings(self) -> Settings:
        """Every setting with its source: flag > environment > config file > default."""
        from wacb.config.settings import resolve

        return resolve(self.flags, self.environ, self.config_file)

    @cached_property
    def state_folder(self) -> Path:
        """The folder of the sandbox, the keys and the journal."""
        from wacb.storage.paths import state_folder

        return state_folder(self.environ)

    @cached_property
    def api(self) -> Api:
        """What builds requests; a SID is needed only to send one."""
        from wacb.cli.account import build_api

        return build_api(self.settings)

    @property
    def api_host(self) -> str:
        """The host name of the API that manages profiles."""
        from wacb.urls import parse_endpoint

        return parse_endpoint(self.api.v1).host

    @property
    def accepts_local(self) -> bool:
        """Whether endpoints on this machine are allowed, because the API runs here, too."""
        from wacb.urls import is_loopback

        return self.settings.sandbox or is_loopback(self.api_host)

    @property
    def has_credentials(self) -> bool:
        """Whether a SID and a key are configured, so that requests can be sent."""
        return not self.missing_credentials

    @cached_property
    def missing_credentials(self) -> list[str]:
        """The names of those of SID and key that are missing."""
        from wacb.cli.account import missing_credentials

        return missing_credentials(self.api, self._key)

    @cached_property
    def _key(self) -> str | None:
        from wacb.cli.account import find_key

        key = find_key(self.settings, lambda: self.deadline.remaining())
        if not self.settings.sandbox:
            self.out.keep_secret(key)
        return key

    def check_credentials(self, *, dry_run: bool = False) -> None:
        """Raise ConfigError without SID or key, in a dry run only for invalid ones."""
        from wacb.cli.account import missing_error

        if not self.has_credentials and not dry_run:
            raise missing_error(f"missing credentials: {' and '.join(self.missing_credentials)}")

    @cached_property
    def client(self) -> Client:
        """The API client. Raises ConfigError without SID or key."""
        self.check_credentials()
        from wacb.cli.client import build_client

        return build_client(self, self._key or "", sleep=self._sleep)

    @cached_property
    def lookup(self) -> AccountLookup:
        """The profiles and numbers there are, each looked up once."""
        from wacb.provision.lookup import AccountLookup

        return AccountLookup(self.client, self.journal)

    def look_again(self) -> None:
        """Forget what was looked up: others may have changed it meanwhile."""
        self._forget("lookup", "journal")

    def _forget(self, *names: str) -> None:
        for name in names:
            self.__dict__.pop(name, None)

    def reload(self) -> None:
        """Forget the settings and what was built from them: the config file was changed."""
        self._forget("config_file", "settings", "api", "missing_credentials", "_key", "session")
        self._forget("client", "lookup", "journal")

    @cached_property
    def journal(self) -> Journal:
        """The record of this account's attachments. Raises ConfigError without a SID."""
        from wacb.cli.state import open_journal

        return open_journal(self)

    def create_lock(self, title: str) -> CreateLock:
        """Build the lock that keeps two runs on this machine from creating a profile twice."""
        from wacb.cli.state import create_lock

        return create_lock(self, title)

    @cached_property
    def deadline(self) -> Deadline:
        """The time all API work of this command may take."""
        from wacb.net.timeout import Deadline

        return Deadline(self.settings.deadline)

    def remaining(self) -> float:
        """Seconds left of the time limit."""
        return self.deadline.remaining()

    @cached_property
    def session(self) -> Session:
        """The HTTP session, or the sandbox in its place."""
        from wacb.net.session import Session

        return Session(
            timeout=self.settings.timeout, deadline=self.deadline, handler=self._network()
        )

    def _network(self) -> Handler | None:
        if not self.settings.sandbox:
            return self._handler
        from wacb.cli.emulator import network

        return network(self.sandbox, self.state_folder)

    @cached_property
    def sandbox(self) -> Sandbox:
        """The emulator with its state in the user's state folder."""
        from wacb.cli.emulator import open_sandbox

        return self._sandbox or open_sandbox(self.state_folder, remaining=self.remaining)

    @property
    def interactive(self) -> bool:
        """Whether a person can be asked."""
        there = is_terminal(sys.stdin) if self._interactive is None else self._interactive
        return there and not self.settings.no_input

    def pause_deadline(self) -> AbstractContextManager[None]:
        """Stop the clock of a deadline that runs already, while a person thinks."""
        return self.deadline.paused() if "deadline" in self.__dict__ else nullcontext()

    def _color(self, *, terminal: bool) -> bool:
        return takes_color(self.flags.get("color", "auto"), self.environ, terminal=terminal)


def _measure_width() -> int:
    from shutil import get_terminal_size

    return get_terminal_size().columns


def _make_redactor(secrets: Sequence[str]) -> Callable[[str], str]:
    from wacb.redaction.text import Redactor

    return Redactor(secrets)


def _mask_repeated(text: str, secrets: Collection[str]) -> str:
    from wacb.redaction.text import mask_repeated

    return mask_repeated(text, secrets)


pass_app = click.make_pass_decorator(App, ensure=True)
