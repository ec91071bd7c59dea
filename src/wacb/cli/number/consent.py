"""Consent at the terminal to replace the profile that a number has."""

from __future__ import annotations

from collections.abc import Sequence

from wacb.cli.app import App
from wacb.cli.prompts import confirm
from wacb.models import UNKNOWN, AttachedId, name_profile
from wacb.provision.number_change import NumberResult


def name_in_question(app: App, profile_id: AttachedId) -> str:
    """Name what a number has attached, with the title that a person knows it by."""
    if not isinstance(profile_id, str):
        return "the profile" if profile_id is UNKNOWN else "no profile"
    return f"profile {name_profile(profile_id, app.lookup.title_of(profile_id))}"


def ask_to_replace(app: App, prepared: Sequence[NumberResult]) -> dict[str, str]:
    """Ask about each number that has another profile; return the IDs to replace, by number.

    What was looked up before is forgotten: a question may stand open for hours. Raises
    ConsentRequired if the answer is no.
    """
    replaced = {}
    for item in prepared:
        number, old = item.change.number, item.change.old
        if isinstance(old, str) and item.change.is_needed and not item.error:
            app.out.note(*item.change.notes)
            named = name_profile(old, item.change.old_title or app.lookup.title_of(old))
            confirm(app, f"replace profile {named} on number {number}", yes=False)
            replaced[number] = old
    if replaced:
        app.look_again()
    return replaced
