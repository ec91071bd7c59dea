"""What a person is asked: for a value that is missing, and for consent (cli.md 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import click

from wacb.cli.app import App
from wacb.cli.render import Column, table
from wacb.errors import ConsentRequired, InvalidInput, NotFound
from wacb.jsontext import visible


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


def ask(
    app: App,
    question: str,
    *,
    option: str,
    choices: tuple[str, ...] = (),
    rule: Callable[[str], str] | None = None,
    **how: Any,
) -> str:
    """Ask on the terminal; off it, raise InvalidInput naming the option that answers.

    An answer that is none of the `choices`, or breaks the `rule`, is asked for again.
    """
    if not app.interactive:
        raise InvalidInput(
            f"{option} is missing, and there is no terminal to ask on", hint=f"give {option}"
        )
    if choices:
        how["type"] = click.Choice(choices)
    elif rule:
        how["value_proc"] = partial(_obeying, rule)
    return str(_answer(app, question, **how))


def _obeying(rule: Callable[[str], str], answer: str) -> str:
    try:
        return answer and rule(answer)
    except InvalidInput as error:
        raise click.BadParameter(error.in_one_line) from error


def consent(app: App, deed: str, *, yes: bool) -> None:
    """Ask whether to do the `deed` ("delete profile X"); `yes` is `--yes`, which asks nothing.

    Raises ConsentRequired when the answer is no, and off a terminal.
    """
    if yes:
        return
    if not app.interactive:
        raise ConsentRequired(
            f"this would {deed}, and there is no terminal to ask on",
            hint="give --yes if that is what you want",
        )
    question = f"{deed[0].upper()}{deed[1:]}?"
    how: dict[str, Any] = {
        "default": "n",
        "show_default": False,
        "prompt_suffix": " [y/N] ",
    }
    if str(_answer(app, question, **how)).strip().lower() not in ("y", "yes"):
        raise ConsentRequired("declined: nothing was changed")


def _answer(app: App, question: str, **how: Any) -> Any:
    try:
        with app.thinking():
            return click.prompt(visible(question), err=True, **how)
    except click.Abort:
        if not how.get("hide_input"):  # only then click ends the line itself
            click.echo(err=True)
        raise
