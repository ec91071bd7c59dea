"""What the program talks about: profiles and numbers.

Plain frozen data; knows no wire names (contract/), no rules for values (rules.py) and no template
rules (placeholders.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final, Literal, NamedTuple


class Unknown(Enum):
    """The type of UNKNOWN."""

    UNKNOWN = "unknown"

    def __repr__(self) -> str:
        return "UNKNOWN"


# What nobody knows, apart from None, which means none: a number without a profile has None.
UNKNOWN: Final[Literal[Unknown.UNKNOWN]] = Unknown.UNKNOWN


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

    `key` and `iv` are text in `encoding` ("raw", "hex" or "base64"); both are None for a profile
    whose key is not known here.
    """

    algorithm: str
    key: str | None = None
    iv: str | None = None
    encoding: str = "raw"

    def __repr__(self) -> str:  # without key and IV
        return f"Encryption({self.algorithm!r}, encoding={self.encoding!r})"


class ProfileDraft(NamedTuple):
    """What the user asks a profile to be. None means not given, so it is not sent.

    `secret_headers` names the headers whose value came from a variable or a prompt.
    """

    title: str
    method: Method
    url: str
    body: str | None = None
    headers: Mapping[str, str] | None = None
    secret_headers: frozenset[str] = frozenset()
    encryption: Encryption | None = None
    response_message: str | None = None
    channel: str | None = None
    events: tuple[str, ...] | None = None

    def __repr__(self) -> str:  # without the headers, which may hold secrets
        return f"ProfileDraft({self.title!r}, {self.method} {self.url!r})"


class CallbackProfile(NamedTuple):
    """A callback profile as the API shows it. Times are ISO 8601 UTC."""

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

    def __repr__(self) -> str:  # without the headers, which may hold secrets
        return f"CallbackProfile({self.id!r}, {self.title!r}, {self.method} {self.url!r})"

    @property
    def template(self) -> str:
        """The text that holds the placeholders: the JSON body (POST, PUT) or the whole URL."""
        return (self.body or "") if self.method.uses_body else self.url


class Number(NamedTuple):
    """A WhatsApp business number. `callback_profile_id` is None when the API does not show it."""

    number: str
    name: str | None = None
    status: str | None = None
    waba_id: str | None = None
    callback_profile_id: str | None = None
    api: str = "v2"

    @property
    def approved(self) -> bool | None:
        """True or False where the status word is a known one, else None (api-contract.md 5)."""
        word = (self.status or "").lower()
        return True if word in APPROVED else False if word in NOT_APPROVED else None


# assumed: the status words are not listed anywhere (api-contract.md 5)
APPROVED = frozenset(("approved", "active", "connected", "verified", "live"))
NOT_APPROVED = frozenset(
    ("pending", "unverified", "in_review", "submitted", "rejected", "disabled")
)
