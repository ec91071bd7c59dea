"""Deliver callbacks as the platform would: a filled template, the profile's headers, sent once.

What is in a message: samples.py. How a template is filled: fill.py. No retries: the receiver is
what is tested.
"""

from __future__ import annotations

import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from wacb.errors import CheckFailed, Unavailable, WacbError
from wacb.models import CallbackProfile
from wacb.net.message import Remedies, Response
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

MOST_RESPONSE = 4096  # characters of an answer that are kept
_MOST_READ = 4 * MOST_RESPONSE  # bytes of it that are looked at: a secret may stand across the cut


class Outgoing(NamedTuple):
    """One callback, ready to be sent. `body` is None for GET and DELETE."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None

    def __repr__(self) -> str:  # without the headers, which may hold secrets
        return f"Outgoing({self.method} {self.url!r})"


class Delivery(NamedTuple):
    """What became of the n-th callback: `ok` for a 2xx.

    `status` and `response` (the first characters of the answer) are None where no answer came,
    `ms` are milliseconds. `error` is CheckFailed for another answer than a 2xx, Unavailable for
    none.
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

    `to` replaces scheme, host and path; the query that holds the template (GET, DELETE) is put
    behind its own. `encrypt` is applied to each value before it is escaped. User info is left
    out, as it is never sent. Raises ConfigError for a URL that nothing can be sent to.
    """
    values = {name: encrypt(value) for name, value in fields.items()} if encrypt else fields
    url, body = to or without_user_info(profile.url), None
    headers = dict(profile.headers)
    if profile.method.uses_body:
        body = fill_body(profile.template, values).encode(errors="replace")
        if "content-type" not in map(str.lower, headers):
            headers["content-type"] = "application/json"
    else:
        url = fill_url(url if to is None else _moved(profile.url, to), values)
    parse_address(url)
    return Outgoing(method=profile.method.value, url=url, headers=headers, body=body)


def withhold(profile: CallbackProfile, to: str | None) -> tuple[CallbackProfile, list[str]]:
    """Return the profile without the secrets that `to` may not see, and a sentence on each.

    Headers that are not known to be harmless are left out, literals of the template masked. `to`
    may see them where it is the profile's endpoint, on the same host (but not unencrypted where
    the endpoint is not) or on this machine.
    """
    if to is None or _is_trusted(profile.url, to):
        return profile, []
    headers = {name: text for name, text in profile.headers.items() if is_harmless_header(name)}
    notes = [
        f"the header {name} may be a secret, so it is not sent to this --to"
        for name in profile.headers
        if name not in headers
    ]

    def mask(name: str, value: Any) -> str:
        notes.append(f"the template's {name} may be a secret, so this --to gets {MASK} instead")
        return mask_literal(name, value)

    url, body = profile.url, profile.body
    if profile.method.uses_body:
        body = map_body_text(body or "", secret=mask)
    else:
        url = map_url(url, secret=mask)
    return profile._replace(url=url, body=body, headers=headers), list(dict.fromkeys(notes))


def _moved(url: str, to: str) -> str:
    _, query = split_query(url.partition("#")[0])
    return append_query(to, query) if query else to


def _is_trusted(endpoint: str, to: str) -> bool:
    own, other = parse_endpoint(endpoint), parse_endpoint(to)
    safe = other.scheme in ("https", own.scheme)
    return is_loopback(other.host) or (other.host == own.host and safe)


def open_session(*, timeout: float, deadline: Deadline) -> Session:
    """Open a session to deliver over: the hints of its failures are about receivers."""
    remedies = Remedies(
        unreachable="does a receiver run there? `wacb callback listen` is one to try with",
        interrupted="see the log of what answers there, and whether it speaks HTTP",
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
    """Send a callback once, and tell what came back.

    A redirect is not followed. `type` is that of the sample, `hide` takes secrets out of the
    answer before it is cut. Raises ConfigError where nothing can be sent (URL, header, proxy, CA
    file), and Interrupted when the session is closed.
    """
    response: Response | None = None
    error: WacbError | None
    began = clock()
    try:
        response = session.send(
            outgoing.method,
            outgoing.url,
            headers=outgoing.headers,
            body=outgoing.body,
            limit=_MOST_READ,
            truncate=True,
        )
        error = _refusal(outgoing.url, response)
    except Unavailable as failure:
        error = failure
    return Delivery(
        n=n,
        type=type,
        method=outgoing.method,
        url=outgoing.url,
        status=response.status if response else None,
        ms=round((clock() - began) * 1000, 1),
        ok=error is None,
        response=_text(response, hide) if response else None,
        error=error,
    )


def deliver_all(
    session: Session,
    outgoing: Sequence[Outgoing],
    *,
    type: str,
    jobs: int = 1,
    hide: Callable[[str], str] = str,
    done: Callable[[Outgoing, Delivery], None] = lambda outgoing, delivery: None,
) -> list[Delivery]:
    """Send callbacks, up to `jobs` at a time, and return what became of each, in their order.

    `done` is told of each, in the thread that sent it. Closes the session: what is under way when
    this is left by Ctrl-C or ConfigError ends at once, and nothing else is sent.
    """

    def one(n: int, each: Outgoing) -> Delivery:
        delivery = deliver(session, each, n=n, type=type, hide=hide)
        done(each, delivery)
        return delivery

    pool = ThreadPoolExecutor(jobs)
    try:
        return list(pool.map(one, range(1, len(outgoing) + 1), outgoing))
    finally:
        session.close()
        pool.shutdown(cancel_futures=True)


def _refusal(url: str, response: Response) -> CheckFailed | None:
    """Say what is wrong with an answer, None for a 2xx."""
    if 200 <= response.status < 300:
        return None
    host, target = host_of(url), response.headers.get("location")
    words = f"{host} answered {response.status}"
    if 300 <= response.status < 400 and target:
        # neither query nor user info: a secret or the message itself may stand there
        place = split_query(without_user_info(target))[0][:200]
        words = f"{host} redirects to {place} ({response.status}), which is not followed"
    return CheckFailed(words, status=response.status)


def _text(response: Response, hide: Callable[[str], str]) -> str:
    """Read an answer as UTF-8, whatever it is. A compressed one is not opened."""
    if response.headers.get("content-encoding", "identity") != "identity":
        return "(compressed data)"
    decode = getincrementaldecoder("utf-8")("replace").decode  # drops a character cut in two
    return hide(decode(response.body))[:MOST_RESPONSE]
