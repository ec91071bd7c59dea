"""Send callbacks as the platform would: a filled template with the profile's headers.

Each is sent once, without retries, as the receiver is being tested.
"""

from __future__ import annotations

import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple

from wacb.errors import CheckFailed, Command, Prose, Unavailable, Unsafe, WacbError
from wacb.models import CallbackProfile
from wacb.net.message import Headers, Remedies, Response
from wacb.net.pool import run_all
from wacb.net.session import Session
from wacb.net.timeout import Deadline
from wacb.redaction import MASK, is_harmless_header, map_body_text, map_url, mask_literal
from wacb.template.fill import fill_body, fill_url
from wacb.template.placeholders import append_query
from wacb.urls import (
    host_of,
    is_loopback,
    parse_address,
    parse_endpoint,
    split_query,
    without_user_info,
)

MAX_RESPONSE = 4096  # characters of a response to keep
_MAX_READ = 4 * MAX_RESPONSE  # bytes of it to read: a secret may lie across the cut


class Outgoing(NamedTuple):
    """One callback to send. `body` is None for GET and DELETE.

    `target` is sent in place of the URL's path and query.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    target: str | None = None

    def __repr__(self) -> str:  # without the headers, which may hold secrets
        return f"Outgoing({self.method} {self.url!r})"


class Exchange(NamedTuple):
    """A response, None for none, and its milliseconds.

    `error` is CheckFailed for a response other than 2xx, Unavailable for none.
    """

    response: Response | None
    error: CheckFailed | Unavailable | None
    ms: float


class Delivery(NamedTuple):
    """The result of the n-th callback: `ok` for a 2xx.

    `status` and `response` (the first characters) are None without a response, `ms` is in
    milliseconds. `error` is CheckFailed for a response other than 2xx, Unavailable for none.
    """

    n: int
    type: str
    method: str
    url: str
    status: int | None
    ms: float
    ok: bool
    response: str | None
    error: WacbError | None = None


def build(
    profile: CallbackProfile,
    fields: Mapping[str, str],
    *,
    to: str | None = None,
    encrypt: Callable[[str], str] | None = None,
) -> Outgoing:
    """Fill the profile's template with a message, for its endpoint or for the URL `to`.

    `to` replaces scheme, host and path; a template in the query (GET, DELETE) is appended to its
    own query. `encrypt` is applied to each value before it is escaped. User info is removed, as it
    is never sent. Raises ConfigError for a URL that cannot be used, Unsafe for a profile that is
    not understood.
    """
    if profile.unreadable:
        raise Unsafe(
            f"profile {profile.label} can't be used: {profile.doubt}",
            hint="pass --method and --url to send without a profile",
        )
    values = {name: encrypt(value) for name, value in fields.items()} if encrypt else fields
    url, body = to or without_user_info(profile.url), None
    headers = dict(profile.headers)
    if profile.method.uses_body:
        body = fill_body(profile.template, values).encode(errors="replace")
        if "content-type" not in map(str.lower, headers):  # assumed: header_delivery
            headers["content-type"] = "application/json"
    else:
        url = fill_url(url if to is None else _append_template(profile.url, to), values)
    parse_address(url)
    return Outgoing(method=profile.method.value, url=url, headers=headers, body=body)


def withhold(profile: CallbackProfile, to: str | None) -> tuple[CallbackProfile, list[str]]:
    """Return the profile without the secrets that must not be sent to `to`, and a note on each.

    Headers that are not known to be harmless are removed, literals in the template masked. They are
    sent if `to` is on the endpoint's host (but not http instead of https) or on this machine.
    """
    if to is None or _is_trusted(profile.url, to):
        return profile, []
    headers = {name: text for name, text in profile.headers.items() if is_harmless_header(name)}
    notes = [
        f"header {name} is not sent, as it may be a secret and --to is another host"
        for name in profile.headers
        if name not in headers
    ]

    def mask(name: str, value: Any) -> str:
        notes.append(
            f"{name} in the template is sent as {MASK}, as it may be a secret "
            "and --to is another host"
        )
        return mask_literal(name, value)

    url, body = profile.url, profile.body
    if profile.method.uses_body:
        body = map_body_text(body or "", secret=mask)
    else:
        url = map_url(url.partition("#")[0], secret=mask)
    return profile._replace(url=url, body=body, headers=headers), list(dict.fromkeys(notes))


def _append_template(url: str, to: str) -> str:
    _, query = split_query(url.partition("#")[0])
    return append_query(to, query) if query else to


def _is_trusted(endpoint: str, to: str) -> bool:
    own, other = parse_endpoint(endpoint), parse_endpoint(to)
    safe = other.scheme in ("https", own.scheme)
    return is_loopback(other.host) or (other.host == own.host and safe)


def open_session(*, timeout: float, deadline: Deadline) -> Session:
    """Open a session whose errors have hints about receivers."""
    remedies = Remedies(
        unknown="check the host in the URL, and the network",
        unreachable=Prose("is anything listening there? Try `", Command("callback listen"), "`"),
        interrupted="check the log of the server, and that it speaks HTTP",
    )
    return Session(timeout=timeout, deadline=deadline, remedies=remedies)


def deliver(
    session: Session,
    outgoing: Outgoing,
    *,
    n: int = 1,
    type: str = "text",
    hide: Callable[[str], str] = str,
    clock: Callable[[], float] = time.monotonic,
) -> Delivery:
    """Send a callback once and return the result.

    Redirects are not followed. `type` is the type of the sample, `hide` masks secrets in the
    response before it is cut. Raises ConfigError if nothing can be sent (URL, header, proxy, CA
    file), and Interrupted if the session is closed.
    """
    response, error, ms = exchange(
        session,
        outgoing.method,
        outgoing.url,
        headers=outgoing.headers,
        body=outgoing.body,
        target=outgoing.target,
        limit=_MAX_READ,
        clock=clock,
    )
    return Delivery(
        n=n,
        type=type,
        method=outgoing.method,
        url=outgoing.url,
        status=response.status if response else None,
        ms=ms,
        ok=error is None,
        response=_response_text(response, hide) if response else None,
        error=error,
    )


def exchange(
    session: Session,
    method: str,
    url: str,
    *,
    headers: Headers,
    body: bytes | None,
    target: str | None,
    limit: int,
    clock: Callable[[], float] = time.monotonic,
) -> Exchange:
    """Send a request once and keep the first `limit` bytes of the response.

    Raises ConfigError and Interrupted as `deliver` does.
    """
    response: Response | None = None
    error: CheckFailed | Unavailable | None
    began = clock()
    try:
        response = session.send(
            method, url, headers=headers, body=body, target=target, limit=limit, truncate=True
        )
        error = _check_status(url, response)
    except Unavailable as failure:
        error = failure
    return Exchange(response, error, round((clock() - began) * 1000, 1))


def deliver_all(
    session: Session,
    outgoing: Sequence[Outgoing],
    *,
    type: str,
    jobs: int = 1,
    hide: Callable[[str], str] = str,
    done: Callable[[Outgoing, Delivery], None] = lambda outgoing, delivery: None,
) -> list[Delivery]:
    """Send callbacks, up to `jobs` at a time, and return their results in order.

    `done` is called for each, in the thread that sent it. Closes the session: on Ctrl-C or
    ConfigError the requests in progress are aborted, and no others are sent.
    """

    def one(numbered: tuple[int, Outgoing]) -> Delivery:
        n, each = numbered
        delivery = deliver(session, each, n=n, type=type, hide=hide)
        done(each, delivery)
        return delivery

    with closing(session):
        return run_all(one, list(enumerate(outgoing, 1)), jobs=jobs, abort=session.close)


def _check_status(url: str, response: Response) -> CheckFailed | None:
    """Return the error of a response, None for a 2xx."""
    if 200 <= response.status < 300:
        return None
    host, target = host_of(url), response.headers.get("location")
    message = f"{host} returned {response.status}"
    if 300 <= response.status < 400 and target:
        # without query and user info, which may have a secret or the message itself
        place = split_query(without_user_info(target))[0][:200]
        message = f"{host} redirects to {place} ({response.status}); redirects are not followed"
    return CheckFailed(message, status=response.status)


def _response_text(response: Response, hide: Callable[[str], str]) -> str:
    """Decode a response as UTF-8, whatever it is; compressed data is not decompressed."""
    if response.headers.get("content-encoding", "identity") != "identity":
        return "(compressed data)"
    decode = getincrementaldecoder("utf-8")("replace").decode  # drops a character cut in two
    return hide(decode(response.body))[:MAX_RESPONSE]
