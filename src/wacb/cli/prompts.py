"""Questions at the terminal: for a missing value, and for confirmation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import click

from wacb.cli.app import App
from wacb.cli.render import Column, table
from wacb.errors import ConsentRequired, InvalidInput, NotFound, Unsafe
from wacb.jsontext import visible
from wacb.models import id_to_json
from wacb.validation import parse_number

T = TypeVar("T")


def choose_number(app: App) -> str:
    """Let the user pick a number, or type one where the API lists none (V1)."""
    if not app.interactive or app.api.waba_id is None:
        return ask(app, "Number", option="NUMBER", variable="WACB_NUMBER", rule=parse_number)
    numbers = app.client.list_numbers().require_whole()
    rows = [
        (number.number, number.status, id_to_json(number.callback_profile_id) or "no profile")
        for number in numbers
    ]
    return numbers[_pick(app, "Number", ("NUMBER", "STATUS", "CALLBACK PROFILE ID"), rows)].number


def choose_profile(app: App) -> str:
    """Let the user pick a profile; return its ID."""
    if not app.interactive:
        return ask(app, "Profile", option="--profile", variable="WACB_PROFILE")
    profiles = app.client.list_profiles().require_whole()
    rows = [(profile.title, profile.status, profile.id) for profile in profiles]
    return profiles[_pick(app, "Profile", ("TITLE", "STATUS", "ID"), rows)].id


def _pick(
    app: App, what: str, titles: Sequence[str], rows: Sequence[tuple[str | None, ...]]
) -> int:
    if not rows:
        raise NotFound(f"no {what.lower()} to choose from")
    columns = (
        Column(title="#", keep=True),
        *(Column(title=title, keep=title.endswith("ID")) for title in titles),
    )
    numbered = [(position, *row) for position, row in enumerate(rows, start=1)]
    for line in table(columns, numbered, width=app.out.width, color=False).split("\n"):
        app.out.message(line)
    return int(_prompt(app, what, type=click.IntRange(1, len(rows)))) - 1


def ask(
    app: App,
    question: str,
    *,
    option: str | None = None,
    variable: str | None = None,
    choices: Sequence[str] = (),
    rule: Callable[[str], str] | None = None,
    default: str | None = None,
    hide_input: bool = False,
) -> str:
    """Ask on the terminal; elsewhere raise InvalidInput naming what answers.

    That is an `option`, a `variable` of the environment, or both.

    Asks again after an answer that is not one of the `choices`, or breaks the `rule`.
    """
    if not app.interactive:
        ways = [f"pass {option}"] * bool(option) + [f"set {variable}"] * bool(variable)
        raise InvalidInput(
            f"{option or variable} is required when not running interactively",
            hint=" or ".join(ways),
        )
    answer = _prompt(
        app,
        question,
        type=click.Choice(choices) if choices else None,
        value_proc=partial(_check_answer, rule) if rule else None,
        default=default,
        show_default=bool(default),
        hide_input=hide_input,
    )
    return str(answer)


def _check_answer(rule: Callable[[str], str], answer: str) -> str:
    try:
        return answer and rule(answer)
    except InvalidInput as error:
        raise click.BadParameter(error.in_one_line) from error


def confirm_unchanged(app: App, action: str, *, yes: bool, shown: T, look: Callable[[], T]) -> None:
    """Confirm as `confirm` does; after a question, `look` must still return what was `shown`.

    A question may stand open for hours. Raises Unsafe where the account changed meanwhile.
    """
    if confirm(app, action, yes=yes):
        app.look_again()
        if look() != shown:
            raise Unsafe(
                "the account changed while the question was open; nothing was changed",
                hint="run the same command again",
            )


def confirm(app: App, action: str, *, yes: bool) -> bool:
    """Ask whether to do the `action` ("delete profile X"); `yes` is `--yes`, which asks nothing.

    Returns whether a person was asked. Raises ConsentRequired when the answer is no, and where
    nobody can be asked.
    """
    if yes:
        return False
    if not app.interactive:
        raise ConsentRequired(f"refusing to {action} without confirmation", hint="pass --yes")
    question = f"{action[0].upper()}{action[1:]}?"
    answer = _prompt(app, question, default="n", suffix=" [y/N] ")
    if str(answer).strip().lower() not in ("y", "yes"):
        raise ConsentRequired("cancelled; nothing was changed")
    return True


def _prompt(
    app: App,
    question: str,
    *,
    type: click.ParamType[Any] | None = None,
    value_proc: Callable[[str], str] | None = None,
    default: str | None = None,
    show_default: bool = False,
    hide_input: bool = False,
    suffix: str = ": ",
) -> Any:
    try:
        with app.pause_deadline():
            return click.prompt(
                visible(question),
                err=True,
                type=type,
                value_proc=value_proc,
                default=default,
                show_default=show_default,
                hide_input=hide_input,
                prompt_suffix=suffix,
            )
    except click.Abort:
        if not hide_input:  # only then click ends the line itself
            click.echo(err=True)
        raise
