"""Offer what exists to choose from, on a terminal (cli.md 8)."""

from __future__ import annotations

from collections.abc import Sequence

import click

from wacb.cli.app import App
from wacb.cli.prompts import ask
from wacb.cli.render import Column, table
from wacb.errors import NotFound


def choose_number(app: App) -> str:
    """Let the user pick one of the numbers, or type one where the API lists none (V1)."""
    if not app.interactive or app.api.waba_id is None:
        return ask(app, "Number", option="NUMBER (or WACB_NUMBER)")
    numbers = app.client.list_numbers()
    rows = [
        (number.number, number.status, number.callback_profile_id or "no profile")
        for number in numbers
    ]
    return numbers[_pick(app, "Number", ("NUMBER", "STATUS", "CALLBACK PROFILE ID"), rows)].number


def choose_profile(app: App) -> str:
    """Let the user pick one of the profiles; its ID is returned."""
    if not app.interactive:
        return ask(app, "Profile", option="--profile (or WACB_PROFILE)")
    profiles = list(app.client.list_profiles())
    rows = [(profile.title, profile.status, profile.id) for profile in profiles]
    return profiles[_pick(app, "Profile", ("TITLE", "STATUS", "ID"), rows)].id


def _pick(
    app: App, what: str, titles: Sequence[str], rows: Sequence[tuple[str | None, ...]]
) -> int:
    if not rows:
        raise NotFound(f"there is no {what.lower()} to choose from")
    columns = (
        Column(title="#", keep=True),
        *(Column(title=title, keep=title.endswith("ID")) for title in titles),
    )
    numbered = [(position, *row) for position, row in enumerate(rows, start=1)]
    for line in table(columns, numbered, width=app.out.width, color=False).split("\n"):
        app.out.say(line)
    answer = ask(app, what, option=what, type=click.IntRange(1, len(rows)))
    return int(answer) - 1
