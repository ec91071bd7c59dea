"""Whether two URLs are the same."""

from __future__ import annotations

import re

from wacb.urls import split_origin

_ESCAPE_OR_PLACEHOLDER = r"<[^<>]*>|%([0-9A-Fa-f]{2})"
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def same_url(one: str, other: str) -> bool:
    """Return whether two URLs are the same but for how they are written (RFC 3986 6.2.2, 6.2.3).

    That is the case of scheme, host and escapes, the default port, an empty path, dot segments,
    and escapes of unreserved characters. Placeholders are compared as they are written.
    """
    return one == other or _normalize(one) == _normalize(other)


def _normalize(url: str) -> str:
    origin, rest = split_origin(url)
    scheme, separator, netloc = origin.partition("://")
    user, at, place = netloc.rpartition("@")
    host, _, port = place.rpartition(":")
    if not host or port.endswith("]"):
        host, port = place, ""
    rest = re.sub(_ESCAPE_OR_PLACEHOLDER, _normalize_escape, rest)
    end = min((place for place in map(rest.find, "?#") if place >= 0), default=len(rest))
    path, tail = _remove_dots(rest[:end]) or "/", rest[end:]
    if port and port != _DEFAULT_PORTS.get(scheme.lower()):
        host = f"{host}:{port}"
    return f"{scheme.lower()}{separator}{user}{at}{_ascii_host(host)}{path}{tail}"


def _normalize_escape(match: re.Match[str]) -> str:
    if match[1] is None:  # a placeholder
        return match[0]
    character = chr(int(match[1], 16))
    return character if re.fullmatch(r"[A-Za-z0-9._~-]", character) else match[0].upper()


def _ascii_host(host: str) -> str:
    try:
        return host.lower().encode("idna").decode()
    except UnicodeError:
        return host.lower()


def _remove_dots(path: str) -> str:
    """Remove dot segments (RFC 3986 5.2.4)."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == ".." and len(kept) > 1:
            kept.pop()
        elif segment not in (".", ".."):
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)
