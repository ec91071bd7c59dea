"""Which of the options that allow an endpoint it needs."""

from __future__ import annotations

from contextlib import suppress
from itertools import product

from wacb.errors import InvalidInput
from wacb.urls import check_endpoint


def needed_permissions(url: str) -> tuple[str, ...]:
    """Return which of `allow_http` and `allow_local` an endpoint needs, none if they don't help."""
    for http, local in product((False, True), repeat=2):
        with suppress(InvalidInput):
            check_endpoint(url, allow_http=http, allow_local=local)
            return ("allow_http",) * http + ("allow_local",) * local
    return ()
