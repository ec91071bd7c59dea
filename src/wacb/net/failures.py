"""What the failure of a request means, and what to do about it: errors for http.py to raise.

No text here may hold more of a URL than its host, or anything of a header.
"""

from __future__ import annotations

import os
import socket
import ssl
from typing import NamedTuple

from wacb.errors import ConfigError, DeadlineExceeded, Interrupted, Unavailable
from wacb.net.timeout import Attempt


class Remedies(NamedTuple):
    """What to do where nobody is reached, and where the exchange comes to a bad end."""

    unreachable: str
    broken: str


API = Remedies(
    unreachable="check the network, and the host that --region or --base-url names",
    broken="try again later; does anything between here and there meddle?",
)


def late(attempt: Attempt) -> Unavailable:
    """Say that the time is up, and whose time it was."""
    if attempt.deadline is None:
        return Unavailable(
            f"{attempt.peer} did not answer within {attempt.seconds:g} s",
            hint="try again, or give it more time with --timeout",
            sent=attempt.sent,
        )
    missing = "an answer came from" if attempt.sent else "anything was sent to"
    return DeadlineExceeded(
        f"the deadline of {attempt.deadline:g} s passed before {missing} {attempt.peer}",
        hint="give more time with --deadline",
        sent=attempt.sent,
    )


def unreachable(attempt: Attempt, cause: OSError | None, remedies: Remedies) -> Unavailable:
    """Say why no connection came about. Nothing was sent then."""
    peer = attempt.peer
    hint = remedies.unreachable
    if isinstance(cause, ssl.SSLCertVerificationError):
        problem = f"{peer} shows a certificate that is not trusted: {cause.verify_message}"
        hint = (
            "check the clock of this machine; where a company's gateway reads along, name its CA "
            "certificate in SSL_CERT_FILE"
        )
    elif isinstance(cause, ssl.SSLError):
        problem = f"no TLS connection to {peer} came about: {cause.reason}"
        hint = "check host and port: does a server speak TLS there, in a version of today?"
    elif isinstance(cause, socket.gaierror):
        problem = f"the host {attempt.proxy or attempt.host} cannot be found: {cause.strerror}"
    else:
        reason = cause.strerror if cause else None
        problem = f"cannot connect to {peer}: {reason or 'no connection'}"
    if attempt.proxy:
        hint += "; HTTPS_PROXY and NO_PROXY decide about the proxy"
    return Unavailable(problem, hint=hint, sent=False)


def refused_by_proxy(attempt: Attempt, status: str) -> Unavailable:
    """Say that the proxy answered CONNECT with `status`. Nothing went to the host then."""
    if status == "407":
        hint = "put a user and password into HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT"
    else:
        hint = "name another proxy in HTTPS_PROXY, or the host in NO_PROXY"
    return Unavailable(
        f"cannot connect to {attempt.peer}, which answered {status}", hint=hint, sent=False
    )


def broken(attempt: Attempt, what: str, remedies: Remedies) -> Unavailable:
    """Say that the exchange came to a bad end in the middle."""
    return Unavailable(f"{attempt.peer} {what}", hint=remedies.broken, sent=attempt.sent)


def unusable_answer(attempt: Attempt, what: str, status: int) -> Unavailable:
    """Say that the answer is of no use."""
    return Unavailable(
        f"{attempt.peer} sent {what}",
        hint="is this the right host and path?",
        status=status,
    )


def unusable_host(attempt: Attempt) -> ConfigError:
    """Say that the name has no form that DNS knows."""
    return ConfigError(
        f"{attempt.host!r} is not the name of a host", hint="check --base-url for misspellings"
    )


def unusable_header(attempt: Attempt) -> ConfigError:
    """Say that a header can't be written into HTTP. Which one is not known here."""
    return ConfigError(
        f"a header for {attempt.host} holds a character that HTTP cannot carry",
        hint="look for line breaks, blanks at the ends and non-ASCII characters in the API key and "
        "in headers of your own",
    )


def unusable_certificates() -> ConfigError:
    """Say that the CA certificates can't be read."""
    return ConfigError(
        "the CA certificates cannot be read: SSL_CERT_FILE is "
        f"{os.environ.get('SSL_CERT_FILE') or 'not set'}",
        hint="point SSL_CERT_FILE at a file of PEM certificates, or unset it",
    )


def interrupted() -> Interrupted:
    """Say that the session was closed under the request."""
    return Interrupted("interrupted before an answer came")
