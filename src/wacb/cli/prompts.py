"""What a person is asked: for a value that is missing, and for consent (cli.md 3)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from wacb.errors import InvalidInput, Refused

if TYPE_CHECKING:
    from wacb.cli.app import App


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

    Raises Refused when the answer is no, and off a terminal.
    """
    if yes:
        return
    if not app.interactive:
        raise Refused(
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
        raise Refused("declined: nothing was changed")


def _answer(app: App, question: str, **how: Any) -> Any:
    from wacb.cli.render import visible  # the API's words may be in the question

    try:
        with app.thinking():
            return click.prompt(visible(question), err=True, **how)
    except click.Abort:
        if not how.get("hide_input"):  # only then click ends the line itself
            click.echo(err=True)
        raise
