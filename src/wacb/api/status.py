"""What a response means: HTTP status first, then the error envelope."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from wacb.api.envelope import Envelope, read_envelope
from wacb.api.requests import ApiRequest
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
from wacb.net.message import Response
from wacb.urls import host_of

_ABSENT = (404, 410)
_LATE = (408, 425, 429, 499)  # not a no: it was not answered in time, or came at a bad time
_CHECK_HOST = Prose("check that this is the API's host: run `", Command("config show"), "`")
_HTTP_DATES = ("%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y")


def read_response(request: ApiRequest, response: Response, *, now: float) -> Any:
    """Return the `data` of a response, None for 204. Raises an error for anything but success.

    A date in Retry-After counts from the response's own date, else from `now` (Unix time): the
    clock of this machine may be wrong. api.md §3
    """
    status, host = response.status, host_of(request.url)
    if 300 <= status < 400:
        raise _redirected(host, response)
    envelope = read_envelope(response.body)
    if not 200 <= status < 300:
        date = parse_date(response.headers.get("date", ""))
        raise _status_error(request, response, envelope, now if date is None else date)
    reads = request.method == "GET"  # of a write, the status says enough
    if status == 204 and not reads:
        return None
    if not envelope.is_json or (reads and envelope.is_blank):
        words = f": {envelope.message}" if envelope.message else ""
        reason = f"but not JSON{words}" if response.body.strip() else "with an empty body"
        reason = "without data" if envelope.is_blank else reason
        raise Unavailable(
            f"{request.action} failed: {host} returned {status}, {reason}",
            hint=_CHECK_HOST,
            status=status,
        )
    if envelope.failed:
        raise ApiRejected(
            f"{request.action} failed: Kaleyra rejected the request ({status}: "
            f"{envelope.message or 'no reason given'})",
            status=status,
            api_code=envelope.code,
        )
    return envelope.listed if reads and not request.existing else envelope.data


def _status_error(
    request: ApiRequest, response: Response, envelope: Envelope, now: float
) -> WacbError:
    status, words, failed = response.status, envelope.message, f"{request.action} failed"
    detail = f" ({status}{': ' + words if words else ''})"
    if _is_foreign(request, status, envelope):
        return Unavailable(
            f"{failed}: something before the API answered {status}"
            f"{': ' + words if words else ', with an empty body'}",
            hint=Prose("a proxy, firewall or gateway may be interfering; ", _CHECK_HOST),
            status=status,
        )
    if status in (401, 403):  # assumed: refused_key (api.md §3)
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
    if status in _ABSENT and request.existing:
        message = f"{request.subject} does not exist{detail}"
        return NotFound(message, status=status, api_code=envelope.code)
    if status == 404:
        return NotFound(
            f"{failed}: {host_of(request.url)} does not know the path{detail}",
            hint=Prose(
                "check the SID, --waba-id and --base-url: `",
                Command("config show"),
                "` shows where each comes from",
            ),
            status=status,
            api_code=envelope.code,
        )
    if _is_outage(status):
        return Unavailable(
            f"{failed}: {'rate-limited' if status == 429 else 'the API is unavailable'}{detail}",
            hint="try again later",
            status=status,
            api_code=envelope.code,
            sent=status != 429,
            retry_after=parse_retry_after(response.headers.get("retry-after"), now),
        )
    return ApiRejected(
        f"{failed}: Kaleyra rejected the request{detail}", status=status, api_code=envelope.code
    )


def _is_foreign(request: ApiRequest, status: int, envelope: Envelope) -> bool:
    """Return whether something else than the API turned the request away.

    The API always answers with a JSON object. Of one thing, only a code of its own says that it
    doesn't exist: a gateway answers 404 for whatever it has no route for.
    """
    if _is_outage(status):
        return False
    if request.existing and status in _ABSENT:
        return not envelope.has_api_code
    return not envelope.is_object and status != 404


def _is_outage(status: int) -> bool:
    return status in _LATE or not 400 <= status < 500


def _redirected(host: str, response: Response) -> Redirected:
    target = host_of(response.headers.get("location", "")) or "no host"
    return Redirected(
        f"{host} redirects to {target} ({response.status}); redirects are not followed",
        hint="copy the host from the console (API Domain) and pass it with --base-url or --region",
        status=response.status,
    )


def parse_retry_after(text: str | None, now: float) -> float | None:
    """Read Retry-After, seconds or an HTTP date (RFC 9110 10.2.3), as seconds from Unix time `now`.

    None if it is not valid, and where no wait is left: the usual wait is due then.
    """
    seconds = (text or "").strip()
    if seconds.isdecimal():
        return float(seconds) or None
    date = parse_date(seconds)
    return None if date is None else max(0.0, date - now) or None


def parse_date(text: str) -> float | None:
    """Read an HTTP date (RFC 9110 5.6.7) as Unix time, None if it is not valid."""
    for form in _HTTP_DATES:
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
    return None
