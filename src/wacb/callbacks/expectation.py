"""What `callback listen` waits for: a count of messages, fields that each must carry (cli.md 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wacb.callbacks.classify import MESSAGE, is_unfilled
from wacb.errors import InvalidInput
from wacb.template.placeholders import INCOMING, KNOWN

if TYPE_CHECKING:
    from wacb.callbacks.decode import Received


def parse_names(text: str) -> tuple[str, ...]:
    """Read `all`, which is the 14, or names with commas between. Raises InvalidInput."""
    if text == "all":
        return INCOMING
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in KNOWN:
            from difflib import get_close_matches

            near = get_close_matches(name.lower(), KNOWN, n=1)
            raise InvalidInput(
                f"{name!r} is not a field of a callback",
                hint=f"did you mean {near[0]}?" if near else f"fields: {', '.join(INCOMING)}",
            )
    return names


class Expectation:
    """Counts messages and judges them. `wanted` is how many shall come; None is any number.

    `remedy` says what to do where it is not met.
    """

    def __init__(self, names: tuple[str, ...] = (), wanted: int | None = None) -> None:
        self._names = names
        self.wanted = wanted
        self.count = 0
        self._others = 0
        self._failed = 0
        self._first = ""
        self.remedy = (
            "look at the template with `wacb profile check`, and whether callbacks are sent"
        )

    @property
    def complete(self) -> bool:
        """Whether as many messages came as shall come."""
        return self.wanted is not None and self.count >= self.wanted

    @property
    def met(self) -> bool:
        """Whether enough messages came, and nothing was wrong with any of them."""
        return not self._failed and (self.wanted is None or self.complete)

    def add(self, received: Received, fault: str | None = None) -> None:
        """Count a message; another callback changes nothing. `fault` says why it is unreadable."""
        if received.kind != MESSAGE:
            self._others += 1
            return
        self.count += 1
        lacks = [name for name in self._names if not _arrived(name, received)]
        if lacks and not fault:
            fault = f"lacks {', '.join(lacks)}"
        if fault:
            self._failed += 1
            if not self._first and not lacks:
                self.remedy = "compare key and IV with those of the profile"
            self._first = self._first or f"message {self.count} {fault}"

    def complaint(self) -> str:
        """Say what was not met."""
        if not self._failed:
            others = f"; {self._others} other callbacks did" if self._others else ""
            return f"{self.count} of {self.wanted} messages came{others}"
        others = f", and {self._failed - 1} more failed" if self._failed > 1 else ""
        return self._first + others


def _arrived(name: str, received: Received) -> bool:
    """Say whether a field came, be it empty; a literal `<name>` did not."""
    if name in INCOMING:
        return name in received.present
    return name in received.fields and not is_unfilled(name, received.fields[name])
