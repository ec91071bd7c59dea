"""One change of a number, and the result of a change."""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

from wacb.api.requests import Api, ApiRequest
from wacb.errors import Command, Prose, Unsafe, WacbError
from wacb.models import UNKNOWN, AttachedId, same_id
from wacb.storage.journal import Action

C = TypeVar("C")


class NumberChange(NamedTuple):
    """Attach the profile `new` to a number (E.164) in place of `old`.

    `new` is UNKNOWN where an `incoming_url` is stored on the number instead, and where the profile
    has yet to be created: then `profile_name` is its title, or its name in the manifest.
    `old_title` and `new_title` are titles where they are known; `shown` says whether the API itself
    shows `old`; `notes` are for the user.
    """

    number: str
    old: AttachedId
    new: AttachedId
    action: Action = "attach"
    shown: bool = False
    notes: tuple[str, ...] = ()
    incoming_url: str | None = None
    profile_name: str | None = None
    old_title: str | None = None
    new_title: str | None = None

    @property
    def is_needed(self) -> bool:
        """Whether a request has to be sent: always, unless the API shows that nothing changes."""
        return not (self.shown and same_id(self.new, self.old))

    @property
    def replaced(self) -> str | None:
        """The ID of the profile that gives way to another one or to none, as far as is known."""
        return self.old if isinstance(self.old, str) and not same_id(self.new, self.old) else None

    def request(self, api: Api) -> ApiRequest:
        """Build the request; `ID_OF_<name>` stands for an ID that is not known yet."""
        if self.incoming_url is not None:
            return api.set_incoming_url(self.number, self.incoming_url)
        if self.new is None:
            return api.detach(self.number)
        new = f"ID_OF_{self.profile_name}" if self.new is UNKNOWN else self.new
        return api.attach(self.number, new)


class Result(NamedTuple, Generic[C]):
    """The result of a change.

    `status` is a word like "attached", "detached", "created" or "unchanged", None if nothing is
    known to have been done; an `error` may have happened after the change was made. `verified` says
    whether a number was read back as wanted, None when the API does not show that.
    """

    change: C
    status: str | None = None
    error: WacbError | None = None
    verified: bool | None = None


NumberResult = Result[NumberChange]


def check_with_show(number: str) -> Prose:
    """Return the hint to look at a number."""
    return Prose("check with `", Command("number show", number), "`")


def changed_meanwhile(number: str) -> Unsafe:
    """Build the error for a number that somebody else changed after it was read."""
    return Unsafe(
        f"number {number} was changed by somebody else in the meantime",
        hint=check_with_show(number),
    )
