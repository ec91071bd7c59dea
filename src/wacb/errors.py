"""The failures a user can cause or meet, each with an exit code.

WacbError                  1  unexpected
├── BulkFailed             *  some things of many failed: the code they agree on, else 1
├── InvalidInput           2  a value the user gave is wrong
│   └── TemplateError      2  a template is incomplete, misspelt or encoded
├── ConfigError            3  configuration or credentials missing or broken
│   └── Redirected         3  the API redirects: the host is wrong
├── AuthenticationFailed   4  401 or 403
├── NotFound               5  no such profile or number
├── ApiRejected            6  the API rejected the request
├── Unavailable            7  no usable answer; trying again may help
│   ├── DeadlineExceeded   7  the command's time is up
│   │   └── NotReached     7  a part of a bulk run whose turn did not come in time
│   └── OutcomeUnknown     7  a write that may or may not have happened
├── CheckFailed            8  a check was run and failed
├── Unsafe                 9  not done, since it would not be safe
│   ├── ConsentRequired    9  not done without a yes, or an option that allows it
│   └── Ambiguous          9  several profiles have the title
└── Interrupted          130  Ctrl-C
    └── Skipped          130  a part of a bulk run that was stopped before its turn
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Sequence

_MOST_NAMED = 20  # failures of many that are listed one by one


class Command:
    """A command of wacb that a text names: `Command("number rollback", number)`.

    It stays data until it is shown: only then the flags that reach the account in use are known.
    """

    def __init__(self, name: str, *arguments: str) -> None:
        self.name = name
        self.arguments = arguments

    def render(self, start: str = "wacb") -> str:
        """Write the command after `start`, arguments quoted for a shell where they must be."""
        return " ".join((start, self.name, *map(shlex.quote, self.arguments)))


class Prose(str):
    """Text for people that knows which of its parts are commands.

    `Prose("Run ", Command("number list"), " to see them.")`; as a string it reads as if no flag
    were in use.
    """

    parts: tuple[str | Command, ...]

    def __new__(cls, *parts: str | Command) -> Prose:
        flat: list[str | Command] = []
        for part in parts:
            flat += part.parts if isinstance(part, Prose) else (part,)
        prose = super().__new__(cls, _write(flat, Command.render))
        prose.parts = tuple(flat)
        return prose

    def render(self, render: Callable[[Command], str]) -> str:
        """Write the text, its commands by `render`."""
        return _write(self.parts, render)


def _write(parts: Iterable[str | Command], render: Callable[[Command], str]) -> str:
    return "".join(part if isinstance(part, str) else render(part) for part in parts)


def join_prose(separator: str, texts: Iterable[str]) -> Prose:
    """Put several texts into one, with `separator` between them."""
    parts = [part for text in texts for part in (separator, text)]
    return Prose(*parts[1:])


class WacbError(Exception):
    """Say what happened, to which thing, and in `hint` what to do about it.

    `status` and `api_code` repeat what the API said, where it said anything; `details` are lines
    of their own, where one sentence stands for several. `sent` says whether the request may have
    been processed, perhaps by an attempt before the one that failed. No text may carry a secret.
    """

    exit_code = 1
    code = "unexpected"
    retryable = False
    sent = False

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        api_code: str | None = None,
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details
        self.status = status
        self.api_code = api_code

    @property
    def in_one_line(self) -> str:
        """The error with its hint."""
        return join_prose("; ", filter(None, (self.message, self.hint)))


class BulkFailed(WacbError):
    """Some things of many failed; `exit_code` is the one that `errors` agree on, else 1.

    `details` are the errors, a line each, unless others are given; of many only the first stay.
    """

    code = "bulk_failed"

    def __init__(
        self,
        message: str,
        errors: Sequence[WacbError] = (),
        *,
        details: Sequence[str] | None = None,
        hint: str | None = None,
        status: int | None = None,
        api_code: str | None = None,
    ) -> None:
        if details is None:
            details = list(dict.fromkeys(error.in_one_line for error in errors))
        more = len(details) - _MOST_NAMED
        rest = [f"and {more} more"] if more > 0 else []
        named = (*details[:_MOST_NAMED], *rest)
        super().__init__(message, hint=hint, status=status, api_code=api_code, details=named)
        codes = {error.exit_code for error in errors}
        if len(codes) == 1:
            self.exit_code = codes.pop()


class InvalidInput(WacbError):
    """A value the user gave breaks a rule."""

    exit_code = 2
    code = "invalid_input"


class TemplateError(InvalidInput):
    """A template lacks a placeholder, misspells one or would not be filled."""

    code = "invalid_template"


class ConfigError(WacbError):
    """Configuration, credentials, a key file or a CA file is missing or broken."""

    exit_code = 3
    code = "config"


class Redirected(ConfigError):
    """The API answered with a redirect, which is never followed."""

    code = "redirected"


class AuthenticationFailed(WacbError):
    """The API refused the SID and key (401, 403)."""

    exit_code = 4
    code = "credentials_refused"


class NotFound(WacbError):
    """The named profile or number does not exist."""

    exit_code = 5
    code = "not_found"


class ApiRejected(WacbError):
    """The API understood the request and rejected it."""

    exit_code = 6
    code = "api_refused"


class Unavailable(WacbError):
    """No usable response came: network, TLS, timeout, 429, 5xx, or no JSON.

    `sent` is False only when it is certain that the request never left this machine, or that the
    API turned it away unread (429): then it is safe to send any request again.
    `retry_after` is the wait in seconds that the API asked for.
    """

    exit_code = 7
    code = "unavailable"
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        api_code: str | None = None,
        details: tuple[str, ...] = (),
        sent: bool = True,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint=hint, status=status, api_code=api_code, details=details)
        self.sent = sent
        self.retry_after = retry_after


class DeadlineExceeded(Unavailable):
    """The command's whole time (`--deadline`) is used up."""

    code = "deadline_exceeded"


class NotReached(DeadlineExceeded):
    """A part of a bulk run whose turn did not come in time; `sent` is false."""

    code = "not_tried"


class OutcomeUnknown(Unavailable):
    """A write may or may not have happened, and reading did not show it."""

    code = "outcome_unknown"


class CheckFailed(WacbError):
    """A check was run and its subject failed it."""

    exit_code = 8
    code = "check_failed"


class Unsafe(WacbError):
    """The command would do something unsafe."""

    exit_code = 9
    code = "refused"


class ConsentRequired(Unsafe):
    """The command needs a yes, or an option that allows what it would do."""


class Ambiguous(Unsafe):
    """Two profiles carry the one title that was named."""

    code = "ambiguous"


class Interrupted(WacbError):
    """The user pressed Ctrl-C."""

    exit_code = 130
    code = "interrupted"


class Skipped(Interrupted):
    """A part of a bulk run that was stopped before its turn came."""

    code = "not_tried"
