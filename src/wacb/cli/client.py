"""The client of the account in use, and what the terminal shows of its requests."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock

from wacb.api.client import Client
from wacb.api.retry import RequestTrace, RetryingClient
from wacb.cli.activity import Activity
from wacb.cli.app import App
from wacb.cli.console import Spinner
from wacb.cli.state import open_profile_journal, shown_mark
from wacb.cli.trace import describe
from wacb.errors import WacbError
from wacb.models import CallbackProfile
from wacb.redaction import secrets_of_headers
from wacb.storage.uptime import seconds_up

JOBS = 8  # requests at a time, unless the user says otherwise
MANY = 20  # requests that are counted on a terminal


def build_client(app: App, key: str, *, sleep: Callable[[float], None] | None) -> Client:
    """Build the client that sends with this API key."""

    def show_wait(seconds: float, failure: WacbError) -> None:
        app.out.hint(f"{failure.message}; retrying in {seconds:.0f} s")

    printing = Lock()

    def show_attempt(exchange: RequestTrace) -> None:
        with printing:  # the lines of one attempt stay together
            for line in describe(exchange, app.verbosity):
                app.out.message(line)

    def keep_headers(profile: CallbackProfile) -> None:
        app.out.keep_from_words(secrets_of_headers(profile.headers))

    if not app.session.in_process:  # which answers at once
        app.out.activity = Activity(partial(Spinner, color=app.out.color))
    retrying = RetryingClient(
        key=key,
        session=app.session,
        sleep=sleep,
        trace=show_attempt if app.verbosity else None,
        waiting=show_wait,
        working=lambda request: app.out.working(request.action),
    )
    mark = shown_mark(app.api, app.state_folder)
    return Client(
        app.api,
        retrying,
        journal=open_profile_journal(app),
        jobs=app.jobs or JOBS,
        progress=lambda count: app.out.progress(count if count >= MANY else 0),
        seen=keep_headers,
        shows_profiles=app.settings.sandbox or mark.is_set,  # the emulator always does
        remember=mark.set,
        clock=app.clock or seconds_up,
    )
