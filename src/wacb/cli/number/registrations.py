"""How the registration of a new number is shown."""

from __future__ import annotations

from wacb.cli.app import App
from wacb.cli.identity import identify
from wacb.cli.views.numbers import REGISTRATION
from wacb.errors import Command, Prose
from wacb.storage.registrations import Registration, RegistrationStore


def open_store(app: App) -> RegistrationStore:
    """Return the registrations of the account in use."""
    account = identify(app.settings)
    return RegistrationStore(app.state_folder, account=account, remaining=app.remaining)


def show(app: App, registration: Registration, *, identity: str | None = None) -> None:
    """Print a registration to which a code was sent, and the command for the code.

    `identity` is its ID where the user had to pass it.
    """
    app.out.record(registration, REGISTRATION)
    known = ("--id", identity) if identity else ()
    confirm = Command("number confirm", registration.number, *known, "--otp", "CODE")
    app.out.hint(Prose("next: ", confirm))
