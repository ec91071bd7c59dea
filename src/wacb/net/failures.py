"""Errors for failed requests, with hints. No text has more of a URL than its host."""

from __future__ import annotations

import os
import socket
import ssl

from wacb.errors import ConfigError, DeadlineExceeded, Unavailable
from wacb.net.message import Remedies
from wacb.net.timeout import TimedRequest


def timed_out(timed: TimedRequest) -> Unavailable:
    """Make the error for a request whose time is up."""
    if timed.deadline is None:
        return Unavailable(
            f"{timed.peer} did not answer within {timed.seconds:g} s",
            hint="try again, or pass a longer --timeout",
            sent=timed.sent,
        )
    missing = "a response came from" if timed.sent else "anything was sent to"
    return DeadlineExceeded(
        f"the time limit of {timed.deadline:g} s passed before {missing} {timed.peer}",
        hint="pass a longer --deadline",
        sent=timed.sent,
    )


def unreachable(timed: TimedRequest, cause: OSError | None, remedies: Remedies) -> Unavailable:
    """Make the error for a failed connection. Nothing was sent then."""
    peer = timed.peer
    hint = remedies.unreachable
    if isinstance(cause, ssl.SSLCertVerificationError):
        problem = f"{peer} shows a certificate that is not trusted: {cause.verify_message}"
        hint = (
            "check this machine's clock; behind a TLS-inspecting proxy, set SSL_CERT_FILE to its "
            "CA certificate"
        )
    elif isinstance(cause, ssl.SSLError):
        problem = f"TLS handshake with {peer} failed: {cause.reason}"
        hint = "check host and port, and that the server supports current TLS versions"
    elif isinstance(cause, socket.gaierror):
        problem = f"the host {timed.proxy or timed.host} cannot be found: {cause.strerror}"
        hint = remedies.unknown
    else:
        reason = cause.strerror if cause else None
        problem = f"cannot connect to {peer}: {reason or 'no connection'}"
    if timed.proxy:
        hint += "; check HTTPS_PROXY and NO_PROXY"
    return Unavailable(problem, hint=hint, sent=False)


def refused_by_proxy(timed: TimedRequest, status: str) -> Unavailable:
    """Make the error for a proxy that answered CONNECT with `status`. Nothing was sent then."""
    if status == "407":
        hint = "set HTTPS_PROXY with a user and password: http://USER:PASSWORD@HOST:PORT"
    else:
        hint = "set HTTPS_PROXY to another proxy, or add the host to NO_PROXY"
    return Unavailable(
        f"cannot connect to {timed.peer}, which answered {status}", hint=hint, sent=False
    )


def interrupted_exchange(timed: TimedRequest, what: str, remedies: Remedies) -> Unavailable:
    """Make the error for an exchange that broke off after the connection was made."""
    return Unavailable(f"{timed.peer} {what}", hint=remedies.interrupted, sent=timed.sent)


def unusable_answer(timed: TimedRequest, what: str, status: int) -> Unavailable:
    """Make the error for a response that cannot be used."""
    return Unavailable(
        f"{timed.peer} sent {what}", hint="check the host and the path", status=status
    )


def unusable_host(timed: TimedRequest) -> ConfigError:
    """Make the error for a host name that DNS cannot have."""
    return ConfigError(
        f"{timed.host!r} is not a valid host name", hint="check --base-url for typos"
    )


def unusable_header(timed: TimedRequest) -> ConfigError:
    """Make the error for a header that HTTP cannot have. Which one is not known here."""
    return ConfigError(
        f"a header for {timed.host} contains an invalid character",
        hint="remove line breaks, spaces at the ends and non-ASCII characters from the API key and "
        "your own headers",
    )


def unusable_certificates() -> ConfigError:
    """Make the error for CA certificates that cannot be read."""
    return ConfigError(
        "the CA certificates cannot be read: SSL_CERT_FILE is "
        f"{os.environ.get('SSL_CERT_FILE') or 'not set'}",
        hint="set SSL_CERT_FILE to a file of PEM certificates, or unset it",
    )
