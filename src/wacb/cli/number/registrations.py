"""How the registration of a new number is shown."""

from __future__ import annotations

import shlex

from wacb.cli.app import App
from wacb.cli.views.numbers import REGISTRATION
from wacb.storage.registrations import Registration


def show(app: App, registration: Registration, *, identity: str | None = None) -> None:
    """Print a registration to which a code was sent, and name the command that takes the code.

    `identity` is its ID where the user had to give it.
    """
    app.out.record(registration, REGISTRATION)
    known = f"--id {shlex.quote(identity)} " if identity else ""
    confirm = f"wacb number confirm {registration.number}"
    app.out.hint(f"next: {confirm} {known}--otp CODE")
