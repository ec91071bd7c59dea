"""What a response means: HTTP status first, then the error envelope."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from wacb.api.requests import ApiRequest
from wacb.api.responses import Envelope, parse_envelope
from wacb.errors import (
    ApiRejected,
    AuthenticationFailed,
    Command,
    NotFound,
    Prose,
    Redirected,
    Unavailable,
    WacbError,
)
from wacb.jsontext import NotJson, read_json
from wacb.net.message import Response
from wacb.urls import host_of

MAX_WORDS = 500  # characters of the API's message that an error repeats
_HTTP_DATES = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")


def read_response(request: ApiRequest, response: Response, *, now: float) -> Any:
    """Return the `data` of a response, None for 204. Raises an error for anything but success.

    `now` is Unix time, from which a Retry-After counts. api.md §3
    """
    status, host = response.status, host_of(request.url)
    if 300 <= status < 400:
        raise _redirected(host, response)
    try:
        answer, readable = read_json(response.body), True
    except NotJson:
        answer, readable = None, False
    envelope = parse_envelope(answer)
    if not 200 <= status < 300:
        raise _status_error(request, response, envelope, now)
    if status == 204:
        return None
    if not readable:
        reason = "but not JSON" if response.body.strip() else "with an empty body"
        raise Unavailable(
            f"{request.subject}: {host} returned {status}, {reason}",
            hint=Prose("check that this is the API's host: run `", Command("config show"), "`"),
            status=status,
        )
    if envelope.failed:
        raise ApiRejected(
            f"{request.subject}: Kaleyra rejected the request ({status}: "
            f"{envelope.message[:MAX_WORDS] or 'no reason given'})",
            status=status,
            api_code=envelope.code,
        )
    return envelope.data


def _status_error(
    request: ApiRequest, response: Response, envelope: Envelope, now: float
) -> WacbError:
    status, subject, words = response.status, request.subject, envelope.message[:MAX_WORDS]
    detail = f" ({status}{': ' + words if words else ''})"
    if status in (401, 403):
        return AuthenticationFailed(
            f"Kaleyra rejected the SID and API key{detail}",
            hint=Prose(
                "run `",
                Command("config show"),
                "` to see where they come from. The key may be limited to certain IP addresses or "
                "deactivated, or was revoked when its creator left the account",
            ),
            status=status,
            api_code=envelope.code,
        )
    if status == 404 and request.existing:
        return NotFound(f"{subject} does not exist{detail}", status=status, api_code=envelope.code)
    if status == 404:
        return NotFound(
            f"{host_of(request.url)} does not know the path for {subject}{detail}",
            hint=Prose(
                "check the SID, --waba-id and --base-url: `",
                Command("config show"),
                "` shows where each comes from",
            ),
            status=status,
            api_code=envelope.code,
        )
    if status == 429 or not 400 <= status < 500:
        return Unavailable(
            f"{subject}: the API is unavailable{detail}",
            hint="try again later",
            status=status,
            api_code=envelope.code,
            sent=status != 429,
            retry_after=parse_retry_after(response.headers.get("retry-after"), now),
        )
    return ApiRejected(
        f"{subject}: Kaleyra rejected the request{detail}", status=status, api_code=envelope.code
    )


def _redirected(host: str, response: Response) -> Redirected:
    target = host_of(response.headers.get("location", "")) or "no host"
    return Redirected(
        f"{host} redirects to {target} ({response.status}); redirects are not followed",
        hint="copy the host from the console (API Domain) and pass it with --base-url or --region",
        status=response.status,
    )


def parse_retry_after(text: str | None, now: float) -> float | None:
    """Read Retry-After, seconds or an HTTP date (RFC 9110 10.2.3), as seconds from Unix time `now`.

    None where it is not valid, and where no wait is left: the usual wait is due then.
    """
    seconds = (text or "").strip()
    if seconds.isdecimal():
        return float(seconds) or None
    for form in _HTTP_DATES:
        try:
            moment = datetime.strptime(seconds, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return max(0.0, moment.timestamp() - now) or None
    return None
