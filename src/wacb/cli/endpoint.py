"""The endpoint of a command line: which one a profile may have."""

from __future__ import annotations

from wacb import urls
from wacb.cli.app import App
from wacb.cli.prompts import ask
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


def read_endpoint(app: App, url: str | None, *, allow_http: bool, allow_local: bool) -> str:
    """Return the endpoint: `url`, or the one that is configured, or what a person types.

    Raises InvalidInput for one that callbacks cannot be sent to; a person is asked again.
    """

    def check(text: str) -> str:
        check_endpoint(app, text, allow_http=allow_http, allow_local=allow_local)
        return text

    if known := url or app.settings.get("endpoint"):
        return check(known)
    return ask(app, "Endpoint URL", option="--url", rule=check)
