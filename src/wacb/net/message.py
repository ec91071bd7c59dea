"""Responses, and the shape of a function that answers in place of the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

# A stand-in for the network: (method, URL, lower-case headers, body) -> (status, headers, chunks).
# It may raise OSError; a ConnectionRefusedError or gaierror means that nothing was sent.
Handler = Callable[
    [str, str, Mapping[str, str], bytes], tuple[int, Sequence[tuple[str, str]], Iterator[bytes]]
]

# Headers of a request: text in ASCII, or the bytes that go out.
Headers = Mapping[str, str] | Mapping[bytes, bytes]

BODY_LIMIT = 2 * 1024 * 1024


class Remedies(NamedTuple):
    """Hints for an unknown host, one that is not reached, and an exchange that breaks off."""

    unknown: str
    unreachable: str
    interrupted: str


class Response(NamedTuple):
    """A response. Names of headers are lower-case, values of a repeated one joined by a comma."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:  # without what may hold secrets
        return f"Response(status={self.status})"
