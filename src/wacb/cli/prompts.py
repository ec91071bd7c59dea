"""Questions at the terminal: for a missing value, and for confirmation."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any, TypeVar

import click

from wacb.cli.app import App
from wacb.cli.console import wrap
from wacb.cli.render import Column, table
from wacb.errors import Command, ConsentRequired, InvalidInput, NotFound, Prose, Unsafe
from wacb.jsontext import visible
from wacb.models import UNKNOWN, Need, Number
from wacb.validation import fold_title, parse_number, read_phone

T = TypeVar("T")


def choose_number(app: App) -> str:
    """Let the user pick a number, or type one where the API lists none (V1)."""
    return _choose_numbers(app, "Number", offer=lambda number: True, many=False)[0]


def choose_attachable(app: App, *, many: bool = False) -> Sequence[str]:
    """Let the user pick a number to attach a profile to, or `many`, separated by commas."""
    question = "Numbers (separated by commas)" if many else "Number"
    return _choose_numbers(
        app, question, offer=lambda number: number.approved is not False, many=many
    )


def _choose_numbers(
    app: App, question: str, *, offer: Callable[[Number], bool], many: bool
) -> Sequence[str]:
    offline = many and not app.has_credentials  # the dry run of `setup`; others say what is missing
    if offline or not app.interactive or app.api.waba_id is None:
        rule = _parse_numbers if many else parse_number
        return ask(app, question, option="NUMBER", variable="WACB_NUMBER", rule=rule).split(",")
    numbers = [number for number in app.lookup.rows if offer(number)]
    if not numbers:
        listing = Command("number list")
        raise NotFound("no number to choose from", hint=Prose("check with `", listing, "`"))
    if len(numbers) < len(app.lookup.rows):
        app.out.note("numbers that are not approved are left out")
    rows = [
        (number.number, number.name, number.status, _name_profile(app, number))
        for number in numbers
    ]
    known = [{number.number, number.number.removeprefix("+")} for number in numbers]
    picked = _pick(
        app, question, ("NUMBER", "NAME", "STATUS", "PROFILE"), rows, known, fold=_fold, many=many
    )
    return [numbers[place].number for place in picked]


def _parse_numbers(text: str) -> str:
    return ",".join(parse_number(part.strip()) for part in text.split(","))


def _name_profile(app: App, number: Number) -> str:
    """Return the title of the profile on a number, or what is known of it."""
    profile_id = number.callback_profile_id
    if profile_id is UNKNOWN:
        return "not shown"
    return app.lookup.title_of(profile_id) or profile_id if profile_id else "none"


def _fold(text: str) -> str:
    try:
        return read_phone(text)
    except InvalidInput:
        return text


def choose_profile(app: App) -> str:
    """Let the user pick a profile; return its ID."""
    if not app.interactive:
        return ask(app, "Profile", option="--profile", variable="WACB_PROFILE")
    profiles = app.client.list_profiles(need=Need.STATUS).require_whole()
    if not profiles:
        create = Command("profile create", "--method", "post")
        raise NotFound("no profile to choose from", hint=Prose("create one with `", create, "`"))
    rows = [(profile.title, profile.status, profile.id) for profile in profiles]
    known = [{fold_title(profile.title), fold_title(profile.id)} for profile in profiles]
    (place,) = _pick(app, "Profile", ("TITLE", "STATUS", "ID"), rows, known, fold=fold_title)
    return profiles[place].id


def _pick(
    app: App,
    question: str,
    titles: Sequence[str],
    rows: Sequence[tuple[str | None, ...]],
    known: Sequence[Collection[str]],
    *,
    fold: Callable[[str], str],
    many: bool = False,
) -> Sequence[int]:
    """Show rows and return the indexes of those picked, by row number or by a name in `known`.

    `fold` returns an answer as it stands in `known`.
    """
    columns = (
        Column(title="#", keep=True),
        *(Column(title=title, keep=title in ("ID", "NUMBER")) for title in titles),
    )
    numbered = [(position, *row) for position, row in enumerate(rows, start=1)]
    positions = {str(position): place for place, (position, *_) in enumerate(numbered)}
    for line in table(columns, numbered, width=app.out.width, color=False).split("\n"):
        app.out.message(line)

    def place(answer: str) -> int:
        if answer in positions:
            return positions[answer]
        found = [number for number, names in enumerate(known) if fold(answer) in names]
        if len(found) == 1:
            return found[0]
        problem = (
            "matches several rows; type the number of the row" if found else "is not in the list"
        )
        raise click.BadParameter(f"{answer!r} {problem}")

    def places(answer: str) -> list[int]:
        parts = answer.split(",") if many else [answer]
        return [place(part.strip()) for part in parts]

    picked: list[int] = _prompt(app, question, value_proc=places)
    return picked


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
    """Ask on the terminal; otherwise raise InvalidInput that names the option.

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
    text = answer.strip()  # what is copied often ends in a blank, which nobody sees
    try:
        return text and rule(text)
    except InvalidInput as error:
        raise click.BadParameter(error.in_one_line) from error


def confirm_unchanged(app: App, action: str, *, yes: bool, shown: T, look: Callable[[], T]) -> None:
    """Confirm as `confirm` does; after a question, `look` must still return what was `shown`.

    A question may stand open for hours. Raises Unsafe if the account changed meanwhile.
    """
    if confirm(app, action, yes=yes):
        require_unchanged(app, shown, look)


def require_unchanged(app: App, shown: T, look: Callable[[], T]) -> None:
    """Read again. Raises Unsafe if the account is no longer as it was `shown`."""
    app.look_again()
    if look() != shown:
        raise Unsafe(
            "the account changed in the meantime; wacb changed nothing",
            hint="run the same command again",
        )


def confirm(app: App, action: str, *, yes: bool) -> bool:
    """Ask whether to do the `action` ("delete profile X"); `yes` is `--yes`, which asks nothing.

    Returns whether a person was asked. Raises ConsentRequired when the answer is no, and where
    nobody can be asked.
    """
    if yes:
        return False
    answer = ask_yes(app, f"{action[0].upper()}{action[1:]}?")
    if answer is None:
        raise ConsentRequired(f"refusing to {action} without confirmation", hint="pass --yes")
    if not answer:
        raise ConsentRequired("cancelled; nothing was changed")
    return True


def ask_yes(app: App, question: str) -> bool | None:
    """Ask a yes-or-no question (default: no); None without a terminal."""
    if not app.interactive:
        return None
    answer = _prompt(app, question, default="n", suffix=" [y/N] ")
    return str(answer).strip().lower() in ("y", "yes")


def _prompt(
    app: App,
    question: str,
    *,
    type: click.ParamType[Any] | None = None,
    value_proc: Callable[[str], Any] | None = None,
    default: str | None = None,
    show_default: bool = False,
    hide_input: bool = False,
    suffix: str = ": ",
) -> Any:
    app.out.clear()
    try:
        with app.pause_deadline():
            return click.prompt(
                wrap(visible(question), app.out.width - len(suffix)),
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
