"""The endpoint of a command line: which one a profile may have."""

from __future__ import annotations

from wacb import urls
from wacb.cli.app import App
from wacb.errors import InvalidInput
from wacb.urls.permissions import needed_permissions


def check_endpoint(app: App, url: str, *, allow_http: bool, allow_local: bool) -> None:
    """Raise InvalidInput unless callbacks can be sent to `url`.

    An API on this machine allows any endpoint; a warning names what the real one needs for it.
    """
    try:
        urls.check_endpoint(url, allow_http=allow_http, allow_local=allow_local)
    except InvalidInput:  # not before: `template` needs no settings for a valid URL
        if not app.accepts_local:
            raise
        urls.check_endpoint(url, allow_http=True, allow_local=True)
        given = {"allow_http": allow_http, "allow_local": allow_local}
        needed = (name for name in needed_permissions(url) if not given[name])
        flags = (f"--{name.replace('_', '-')}" for name in needed)
        app.out.warn(f"with the real API, this endpoint needs {' and '.join(flags)}")
