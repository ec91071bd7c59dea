"""How the registration of a new number is shown."""

from __future__ import annotations

import shlex

from wacb.cli.app import App
from wacb.cli.render import Column
from wacb.cli.views import VIEWS, View
from wacb.storage.registrations import Registration

VIEWS[Registration] = View(
    as_json=Registration._asdict,
    columns=(
        Column(title="NUMBER", keep=True),
        Column(title="ID", keep=True),
        Column(title="PROFILE", keep=True),
    ),
    cells=lambda value: tuple(value[name] for name in ("number", "id", "profile")),
    id="id",
)


def show(app: App, registration: Registration, *, identity: str | None = None) -> None:
    """Print a registration to which a code was sent, and name the command that takes the code.

    `identity` is its ID where the user had to give it.
    """
    app.out.one(registration)
    known = f"--id {shlex.quote(identity)} " if identity else ""
    confirm = f"wacb number confirm {registration.number}"
    app.out.hint(f"next: {confirm} {known}--otp CODE")
