"""What the program talks about, as plain frozen data: profiles, numbers, keys."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum, auto
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias


class Unknown(Enum):
    """The type of UNKNOWN."""

    UNKNOWN = "unknown"


# What nobody knows, apart from None, which means none: a number without a profile has None.
UNKNOWN: Final[Literal[Unknown.UNKNOWN]] = Unknown.UNKNOWN

# The ID of the profile that is attached to a number.
AttachedId: TypeAlias = str | Unknown | None


def id_to_json(profile_id: AttachedId) -> str | None:
    """Write an ID as files and JSON output have it: "" for none, null for UNKNOWN."""
    return None if profile_id is UNKNOWN else profile_id or ""


def id_from_json(value: str | None) -> AttachedId:
    """Read an ID that `id_to_json` wrote."""
    return UNKNOWN if value is None else value or None


def fold_id(profile_id: str) -> str:
    """Return an ID as it is compared: in whatever case the API writes it."""
    return profile_id.casefold()


def same_id(one: AttachedId, other: AttachedId) -> bool:
    """Return whether two IDs are the same, or both none. UNKNOWN is the same as nothing."""
    if isinstance(one, str) and isinstance(other, str):
        return fold_id(one) == fold_id(other)
    return one is other is None


def name_profile(profile_id: str, title: str | None) -> str:
    """Name a profile for people: its title, if that is known, and its ID."""
    return f"{title} ({profile_id})" if title else profile_id


class Method(StrEnum):
    """How a callback is delivered."""

    GET = "GET"
    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"

    @property
    def uses_body(self) -> bool:
        """Whether the template is the JSON body (POST, PUT) rather than the URL query."""
        return self in (Method.POST, Method.PUT)


class Encryption(NamedTuple):
    """A symmetric key that Kaleyra encrypts placeholder values with.

    `key` and `iv` are text in `encoding` ("raw", "hex" or "base64").
    """

    algorithm: str
    key: str | Unknown = UNKNOWN
    iv: str | Unknown = UNKNOWN
    encoding: str = "raw"

    def __repr__(self) -> str:  # without key and IV
        return f"Encryption({self.algorithm!r}, encoding={self.encoding!r})"


class NewKey(NamedTuple):
    """A key that will be generated, just before it is sent."""

    algorithm: str


class ProfileDraft(NamedTuple):
    """A profile as the user wants it. None means not given, so it is not sent.

    `secret_headers` names the headers whose value came from a variable or a prompt.
    """

    title: str
    method: Method
    url: str
    body: str | None = None
    headers: Mapping[str, str] | None = None
    secret_headers: frozenset[str] = frozenset()
    encryption: Encryption | NewKey | None = None
    response_message: str | None = None
    channel: str | None = None
    events: tuple[str, ...] | None = None

    def __repr__(self) -> str:  # without the headers, which may hold secrets
        return f"ProfileDraft({self.title!r}, {self.method} {self.url!r})"


class CallbackProfile(NamedTuple):
    """A callback profile as the API shows it. Times are ISO 8601 UTC.

    `status` is "active", "auto-disabled", "disabled", "unknown" where none is shown, or the API's
    own word. `unreadable` names the fields that the API shows in a form that is not understood:
    their values here are the API's words or a stand-in. `shown_method` is the API's word for it.
    """

    id: str
    title: str
    method: Method
    url: str
    body: str | None = None
    headers: Mapping[str, str] = MappingProxyType({})
    status: str = "active"
    channel: str | None = None
    events: tuple[str, ...] = ()
    encryption: Encryption | None = None
    response_message: str | None = None
    created_at: str | None = None
    modified_at: str | None = None
    shown_method: str | None = None
    unreadable: tuple[str, ...] = ()

    def __repr__(self) -> str:  # without the headers, which may hold secrets
        return f"CallbackProfile({self.id!r}, {self.title!r}, {self.method} {self.url!r})"

    @property
    def label(self) -> str:
        """How messages name the profile: by its title, then its ID."""
        return f"{self.title!r} ({self.id})" if self.id else repr(self.title)

    @property
    def template(self) -> str:
        """The text that holds the placeholders: the JSON body (POST, PUT) or the whole URL."""
        return (self.body or "") if self.method.uses_body else self.url

    @property
    def delivers(self) -> bool | None:
        """True or False where the status is a known word, else None."""
        known = {"active": True, "auto-disabled": False, "disabled": False}
        return known.get(self.status)

    @property
    def doubt(self) -> str:
        """Say what is unreadable, "" if nothing is. Without values, which may be secrets."""
        fields = ", ".join(self.unreadable)
        if "method" in self.unreadable and self.shown_method:
            fields = fields.replace("method", f"method {self.shown_method!r}", 1)
        return fields and f"the API shows its {fields} in a form that wacb doesn't understand"


class Need(Enum):
    """The members of a profile that a command needs, besides ID and title."""

    NOTHING = auto()
    STATUS = auto()
    TEMPLATE = auto()  # with the method, URL and status
    ALL = auto()


class Number(NamedTuple):
    """A WhatsApp business number. `callback_profile_id` is UNKNOWN when the API hides it."""

    number: str
    name: str | None = None
    status: str | None = None
    waba_id: str | None = None
    callback_profile_id: AttachedId = UNKNOWN
    api: str = "v2"

    @property
    def approved(self) -> bool | None:
        """True or False where the status is a known word, else None (api.md §5)."""
        word = (self.status or "").strip().lower().replace(" ", "_")
        return True if word in APPROVED else False if word in NOT_APPROVED else None


# assumed: number_status (api.md §5)
APPROVED = frozenset(("approved", "active", "connected", "verified", "live"))
NOT_APPROVED = frozenset(
    ("pending", "unverified", "in_review", "submitted", "rejected", "disabled")
)
