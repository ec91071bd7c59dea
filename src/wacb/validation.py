"""The rules that single values obey: titles, phone numbers, endpoints, headers (cli.md 6, 7).

Each function returns the value it was given, or its normal form, or raises InvalidInput.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from wacb.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Address, IPv6Address

_TITLE = re.compile(r"[A-Za-z0-9 _-]{3,}")
_E164 = re.compile(r"\+?[1-9][0-9]{6,14}")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_PORT = re.compile(
    rf"(?:\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]|{_LABEL}(?:\.{_LABEL})*\.?)(?::[0-9]*)?"
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_AUTHENTICATES = re.compile(r"authorization|cookie|key|token|secret|password", re.IGNORECASE)
_MOST_NAMES = 20  # that a hint lists
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal")


def check_title(title: str) -> str:
    """Return `title` if the API will take it (api-contract.md 4), else raise InvalidInput."""
    if _TITLE.fullmatch(title):
        return title
    raise InvalidInput(
        f"the title {title!r} is not allowed",
        hint="use at least 3 characters out of A-Z a-z 0-9, space, hyphen and underscore",
    )


def default_title(url: str) -> str:
    """Name a profile after its endpoint: `wacb-incoming-<host>-<path>` (cli.md 7)."""
    parts = urlsplit(url)
    text = f"wacb-incoming-{parts.netloc}-{parts.path.strip('/')}"
    return re.sub(r"[^A-Za-z0-9 _-]+", "-", text).strip("-")


def parse_number(text: str) -> str:
    """Bring a phone number into E.164 (`+919812345678`).

    Spaces, dashes, dots and parentheses are dropped, a leading `00` is `+`.
    Raises InvalidInput for anything else than 7 to 15 ASCII digits.
    """
    compact = re.sub(r"[ \-.()]", "", text)
    compact = "+" + compact[2:] if compact.startswith("00") else compact
    if not _E164.fullmatch(compact):
        raise InvalidInput(
            f"{text!r} is not a phone number",
            hint="write it with its country code and 7 to 15 digits, like +919812345678",
        )
    return "+" + compact.lstrip("+")


def check_endpoint(url: str, *, allow_http: bool = False, allow_local: bool = False) -> str:
    """Return `url` unchanged if callbacks can be sent there (cli.md 6), else raise InvalidInput.

    The raw string is looked at before it is parsed: urlsplit drops CR, LF and TAB silently.
    """
    _check_raw_url(url)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidInput(f"{_shown(url)} has no valid host or port") from None
    _check_url_parts(url, parts, allow_http=allow_http)
    if port == 0 or not _has_host(parts):
        raise InvalidInput(f"{_shown(url)} has no valid host or port")
    if not allow_local and is_local_host(host):
        raise InvalidInput(
            f"{host} can only be reached from this machine or its network, so Kaleyra cannot "
            "deliver there",
            hint="give a public address (a tunnel to this machine has one), or --allow-local",
        )
    return url


def _check_raw_url(url: str) -> None:
    if not url:
        raise InvalidInput(
            "the URL is empty", hint="give an endpoint like https://example.com/hook"
        )
    for character in url:
        if not character.isascii() or not character.isprintable() or character in ' "\\^`{|}':
            raise InvalidInput(
                f"{_shown(url)} contains {character!r}, which no URL may hold",
                hint="remove it or percent-encode it (a host: in its xn-- form)",
            )


def _check_url_parts(url: str, parts: SplitResult, *, allow_http: bool) -> None:
    if parts.scheme not in ("http", "https"):
        raise InvalidInput(f"{_shown(url)} does not begin with https://")
    if "@" in parts.netloc:
        raise InvalidInput(
            "the URL carries user info before an @, which is not sent",
            hint="use --basic-auth USER for a password",
        )
    if "#" in url:
        raise InvalidInput(
            f"{_shown(url)} has a fragment (#…), which is never sent", hint="remove it"
        )
    if parts.scheme == "http" and not allow_http:
        raise InvalidInput(
            f"{_shown(url)} would carry messages unencrypted",
            hint="use https://, or allow it with --allow-http",
        )


def _shown(url: str) -> str:
    """Name a URL in a message: with an @ in it, it may hold a password."""
    return "the URL" if "@" in url else f"the URL {url!r}"


def _has_host(parts: SplitResult) -> bool:
    """Say whether a host stands in the URL, and nothing else but a port."""
    host = (parts.hostname or "").rstrip(".")
    if host.rpartition(".")[2].isdigit() and _address(host) is None:
        return False  # no name ends in a number: this is a mistyped IPv4 address
    return len(host) <= 253 and _HOST_PORT.fullmatch(parts.netloc) is not None


def is_local_host(host: str) -> bool:
    """Say whether a host name or address is this machine's or a private network's."""
    name = host.rstrip(".").lower()
    address = _address(name)
    if address is not None:
        return not address.is_global or address.is_multicast
    return "." not in name or name.endswith(_LOCAL_SUFFIXES)


def is_loopback(host: str) -> bool:
    """Say whether a host name or address is this very machine."""
    name = host.rstrip(".").lower()
    address = _address(name)
    return address.is_loopback if address is not None else name == "localhost"


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Read an IP address in any notation a socket would take (127.1, 0x7f000001), else None."""
    if ":" not in host and not host.rpartition(".")[2][:1].isdigit():
        return None  # a name, which is the usual case and needs neither module
    import ipaddress
    import socket

    try:
        if ":" in host:
            address = ipaddress.IPv6Address(host.partition("%")[0])
            return address.ipv4_mapped or address
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (ValueError, OSError):
        return None


def parse_header(text: str) -> tuple[str, str]:
    """Split `Name: value`. A literal header that authenticates is refused (cli.md 7)."""
    name, colon, value = text.partition(":")
    if not colon:
        # The text is not repeated, here and for a bad name: a secret may stand in it.
        raise InvalidInput("a header has no colon", hint="write 'Name: value'")
    return check_header(name.strip(" "), value.strip(" "), literal=True)


def check_header(name: str, value: str, *, literal: bool = False) -> tuple[str, str]:
    """Return a header that HTTP can carry, else raise InvalidInput. Never repeats the value."""
    if not _TOKEN.fullmatch(name):
        raise InvalidInput(
            "a header name is empty or holds a character that none may hold",
            hint="use letters, digits and hyphens",
        )
    if not value or not value.isascii() or not value.isprintable():
        raise InvalidInput(
            f"the value of header {name} is empty or holds a line break, a control character or "
            "a character outside ASCII"
        )
    if literal and authenticates(name):
        raise InvalidInput(
            f"the header {name} authenticates, so its value must not stand on a command line",
            hint=f"put the value into a variable and use --header-env {name}=VARIABLE",
        )
    return name, value


def authenticates(name: str) -> bool:
    """Say whether a header of this name carries a secret."""
    return _AUTHENTICATES.search(name) is not None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Word a hint: the name nearest to `name`, and all the known ones unless they are many."""
    import difflib

    names = sorted(known)
    nearest = difflib.get_close_matches(name, names, n=1)
    guess = f"did you mean {nearest[0]}? " if nearest else ""
    more = f", … ({len(names)} in all)" if len(names) > _MOST_NAMES else ""
    return f"{guess}known: {', '.join(names[:_MOST_NAMES])}{more}" if names else "there is none yet"
