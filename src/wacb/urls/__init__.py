"""All that takes a URL apart: endpoints and their rules, queries, hosts, user info."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, unquote_to_bytes, urlsplit

from wacb.errors import ConfigError, InvalidInput

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_PORT = rf"(?:\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]|{_LABEL}(?:\.{_LABEL})*\.?)(?::[0-9]+)?"
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal")


# -- parts of a URL, every character as the user wrote it


class Parameter(NamedTuple):
    """One parameter of a query: `text` is `key=value` as it is written, or without a `=`."""

    text: str
    key: str
    value: str

    @property
    def name(self) -> str:
        """The key, decoded."""
        return unquote(self.key)

    @property
    def is_utf8(self) -> bool:
        """Whether the key is text once it is decoded."""
        return decode_form_text(self.key) is not None


# An & that begins an HTML-escaped bracket does not end a query parameter.
_SEPARATOR = re.compile(r"(?ai)&(?!(?:amp;)*(?:[lg]t|#0*6[02]|#x0*3[CE]);)")


def split_query(url: str) -> tuple[str, str | None]:
    """Split a URL at its first `?`; the query is None if there is no `?`."""
    endpoint, mark, query = url.partition("?")
    return endpoint, query if mark else None


def parameters(query: str | None) -> list[Parameter]:
    """List the parameters of a query, empty ones too: joined by `&` they are the query again."""
    split = ((text, text.partition("=")) for text in _SEPARATOR.split(query or ""))
    return [Parameter(text=text, key=key, value=value) for text, (key, _, value) in split]


def form_pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield key and value of each pair of a query or form as it was received, still encoded."""
    for pair in filter(None, text.split("&")):
        key, _, value = pair.partition("=")
        yield key, value


_COMMON_ESCAPES = tuple((f"%{ord(sign):02X}", sign) for sign in '":,{}[]/')


def decode_form_text(text: str) -> str | None:
    """Undo the percent-encoding of a form, None if the result is not UTF-8."""
    text = text.replace("+", " ")
    if "%" not in text and text.isascii():
        return text
    for escape, sign in _COMMON_ESCAPES:  # most of what JSON in a query has, many at a time
        text = text.replace(escape, sign)
    try:
        return unquote_to_bytes(text.encode("utf-8", "surrogatepass")).decode("utf-8")
    except UnicodeDecodeError:
        return None


_ORIGIN = r"(?i)[a-z][a-z0-9+.-]*://[^/?#]*"


def split_origin(url: str) -> tuple[str, str]:
    """Split a URL behind scheme and host; a text without them is all path."""
    origin = re.match(_ORIGIN, url)
    end = origin.end() if origin else 0
    return url[:end], url[end:]


_URL_OR_PATH = r"(?s)(?:[A-Za-z][A-Za-z0-9+.-]*:/)?/[^?\s]*(?:\?.*)?"


def is_url_or_path(text: str) -> bool:
    """Return whether a text reads as a URL or an absolute path, with or without a query."""
    return re.fullmatch(_URL_OR_PATH, text) is not None


class Endpoint(NamedTuple):
    """What a URL points at, without user info and query. `host` is in lower case."""

    scheme: str
    host: str
    port: int | None
    path: str


def parse_endpoint(url: str) -> Endpoint:
    """Return what a URL points at; all is empty where it has no valid host or port."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
        return Endpoint(parts.scheme, parts.hostname or "", port, parts.path or "/")
    except ValueError:
        return Endpoint("", "", None, "")


def host_of(url: str) -> str:
    """Return the host with its port, as it is written, "" if there is none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def default_title(url: str) -> str:
    """Name a profile after its endpoint: `wacb-incoming-<host>-<path>`."""
    parts = urlsplit(url)
    text = f"wacb-incoming-{parts.netloc}-{parts.path.strip('/')}"
    return re.sub(r"[^A-Za-z0-9 _-]+", "-", text).strip("-")


def check_endpoint(url: str, *, allow_http: bool = False, allow_local: bool = False) -> str:
    """Return `url` unchanged if callbacks can be sent there, else raise InvalidInput.

    The raw string is checked before it is parsed: urlsplit drops CR, LF and TAB silently.
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
            hint="use a public address, such as a tunnel's, or pass --allow-local",
        )
    return url


def _check_raw_url(url: str) -> None:
    if not url:
        raise InvalidInput("the URL is empty", hint="use a URL like https://example.com/hook")
    for character in url:
        if not character.isascii() or not character.isprintable() or character in ' "\\^`{|}':
            raise InvalidInput(
                f"{_shown(url)} contains an invalid character: {character!r}",
                hint="remove it or percent-encode it (a host: in its xn-- form)",
            )


def _check_url_parts(url: str, parts: SplitResult, *, allow_http: bool) -> None:
    if parts.scheme not in ("http", "https"):
        raise InvalidInput(f"{_shown(url)} does not start with https://")
    if "@" in parts.netloc:
        raise InvalidInput(
            "the URL contains user info (before the @), which is never sent",
            hint="use --basic-auth USER for a password",
        )
    if "#" in url:
        raise InvalidInput(
            f"{_shown(url)} has a fragment (#…), which is never sent", hint="remove it"
        )
    if parts.scheme == "http" and not allow_http:
        raise InvalidInput(
            f"messages to {_shown(url)} would be unencrypted",
            hint="use https://, or pass --allow-http",
        )


def _shown(url: str) -> str:
    """Name a URL in a message; with an @, it may contain a password."""
    return "the URL" if "@" in url else f"the URL {url!r}"


def _has_host(parts: SplitResult) -> bool:
    """Return whether the URL has a valid host, with nothing but a port behind it."""
    host = (parts.hostname or "").rstrip(".")
    if host.rpartition(".")[2].isdigit() and _address(host) is None:
        return False  # no name ends in a number: this is a mistyped IPv4 address
    return len(host) <= 253 and re.fullmatch(_HOST_PORT, parts.netloc) is not None


def is_local_host(host: str) -> bool:
    """Return whether a host name or address is this machine's or a private network's."""
    name = host.rstrip(".").lower()
    address = _address(name)
    if address is not None:
        return not address.is_global or address.is_multicast
    return "." not in name or name.endswith(_LOCAL_SUFFIXES)


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine."""
    name = host.rstrip(".").lower()
    address = _address(name)
    return address.is_loopback if address is not None else name == "localhost"


def _address(host: str) -> IPv4Address | IPv6Address | None:
    """Read an IP address in any notation a socket would take (127.1, 0x7f000001), else None."""
    try:
        if ":" in host:
            address = ipaddress.IPv6Address(host.partition("%")[0])
            return address.ipv4_mapped or address
        return ipaddress.IPv4Address(_inet_aton(host))
    except ValueError:
        return None


def _inet_aton(host: str) -> int:
    """Read 1 to 4 decimal, octal or hexadecimal numbers, the last of which fills the address."""
    parts = host.lower().split(".")
    if not all(re.fullmatch("0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*", part) for part in parts):
        raise ValueError(host)
    *first, last = (int(part, 0 if part[1:2] == "x" or part[0] != "0" else 8) for part in parts)
    if len(first) > 3 or max(first, default=0) > 255 or last >= 256 ** (4 - len(first)):
        raise ValueError(host)
    return last + sum(number << 24 - 8 * place for place, number in enumerate(first))


_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_URL = r"(?i)(https?)://[^/?# ]+([^# ]*)(?:#[^ ]*)?"


class Address(NamedTuple):
    """A URL taken apart: `host` without and `netloc` with the port, neither with user info.

    `target` is path and query as written; only non-ASCII characters are percent-encoded.
    """

    scheme: str
    host: str
    netloc: str
    target: str

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.netloc}"


def parse_address(url: str) -> Address:
    """Take a URL apart. Raises ConfigError, which repeats no more of it than the host.

    Stricter than httpx, which accepts host labels that are empty or over 63 characters and ports
    over 65535, which the C library takes modulo 65536.
    """
    netloc = re.split("[/?#]", url.partition("://")[2])[0].rpartition("@")[2]
    found, host = re.fullmatch(_URL, url), _host(netloc)
    if not (found and host and url.isprintable()):
        raise ConfigError(
            f"{netloc!r} is not the address of a server",
            hint="write a URL like https://api.example.com, with a valid host and port",
        )
    scheme, target = found.groups()
    return Address(
        scheme=scheme.lower(),
        host=host,
        netloc=netloc,
        target=quote(target if target.startswith("/") else "/" + target, safe=_PUNCTUATION),
    )


def _host(netloc: str) -> str:
    """Return the host, or "" where host or port is invalid."""
    try:
        parts = urlsplit(f"//{netloc}")
        host = parts.hostname or ""
        usable = parts.port != 0 and all(
            0 < len(label) < 64 for label in host.removesuffix(".").split(".")
        )
    except ValueError:
        usable = False
    return host if usable else ""


_USER_INFO = r"\A((?:[^/?#]*//)?)[^/?#]+@"


def without_user_info(url: str, mark: str = "") -> str:
    """Return the URL as it is sent, with `mark` in the place of user info and its @."""
    return re.sub(_USER_INFO, rf"\1{mark}", url)
