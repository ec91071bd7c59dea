"""What a URL means to a socket: host and port, the exact bytes of its target, the proxy.

Whether an endpoint is one that callbacks may go to is decided in rules.py.
"""

from __future__ import annotations

import re
import string
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from wacb.errors import ConfigError
from wacb.validation import is_loopback

_URL = re.compile(r"(https?)://[^/?# ]+([^# ]*)(?:#[^ ]*)?", re.IGNORECASE)


class Address(NamedTuple):
    """A URL taken apart: `host` without and `netloc` with the port, neither with user info.

    `target` is path and query as they were written; only what is not ASCII, and so has no bytes of
    its own in HTTP, is percent-encoded.
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
    """Take a URL apart. Raises ConfigError, without repeating more of it than the host.

    Stricter than httpx, which lets through what trips up the layers below it: host labels that are
    empty or over 63 characters, and ports over 65535, which reach the C library modulo 65536.
    """
    netloc = re.split("[/?#]", url.partition("://")[2])[0].rpartition("@")[2]
    found, host = _URL.fullmatch(url), _host(netloc)
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
        target=quote(target if target.startswith("/") else "/" + target, safe=string.punctuation),
    )


def _host(netloc: str) -> str:
    """Return the host, or "" where host or port can't be used."""
    try:
        parts = urlsplit(f"//{netloc}")
        host = parts.hostname or ""
        usable = parts.port != 0 and all(
            0 < len(label) < 64 for label in host.removesuffix(".").split(".")
        )
    except ValueError:
        usable = False
    return host if usable else ""


def proxy_for(address: Address) -> str | None:
    """Return the URL of the proxy that the environment names; loopback hosts have none.

    Read are HTTPS_PROXY (or HTTP_PROXY), ALL_PROXY and NO_PROXY, in either case. Raises ConfigError
    for a proxy that is not http:// or https://.
    """
    from urllib.request import getproxies, proxy_bypass  # a dry run does without

    named = getproxies()
    proxy = named.get(address.scheme) or named.get("all")
    if not proxy or is_loopback(address.host) or proxy_bypass(address.netloc):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parse_address(proxy)
    except ConfigError as error:
        name = f"{address.scheme.upper()}_PROXY (or ALL_PROXY)"
        raise ConfigError(
            f"{name} names no proxy that can be used",
            hint="write http://HOST:PORT, or unset it; SOCKS is not supported",
        ) from error
    return proxy
