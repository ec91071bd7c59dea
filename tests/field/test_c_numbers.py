"""Phone numbers and lists of them, by every way in: understood or refused, never bent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import attached, put, writes
from tests.cli.expect import BODY, HOOK, ONE, TWO
from tests.conftest import LIVE, Outcome, Wacb
from tests.examples import pairs
from tests.field.seeding import check_names, seed
from wacb.sandbox.emulator import Sandbox

LISTED = "+919812345671"
ADD = ("--name", "Shop", "--country-code", "91")


@pytest.fixture(autouse=True)
def profile(sandbox: Sandbox) -> str:
    """A complete profile called Hook, and a number of India among the listed ones."""
    sandbox.store.add_numbers([(LISTED, "Shop", "approved")])
    return seed(sandbox, url=HOOK, body=BODY, title="Hook")


Run = Callable[[Wacb, Path, str], Outcome]


def by_list(live: Wacb, folder: Path, text: str) -> Outcome:
    (folder / "numbers.csv").write_text(f'number,profile\n"{text}",Hook\n', encoding="utf-8")
    return live("number", "attach", "--from", str(folder / "numbers.csv"))


def by_manifest(live: Wacb, folder: Path, text: str) -> Outcome:
    profile = f'[profiles.hook]\ntitle = "Hook"\nmethod = "post"\nurl = "{HOOK}"\n'
    (folder / "wacb.toml").write_text(
        f'{profile}[numbers]\n{json.dumps(text, ensure_ascii=False)} = "hook"\n', encoding="utf-8"
    )
    return live("apply", "--yes", "-f", str(folder / "wacb.toml"))


def by_prompt(live: Wacb, folder: Path, text: str) -> Outcome:
    without_listing = {"WACB_WABA_ID": ""}
    line = ("number", "attach", "--profile", "Hook")
    return live(*line, env=without_listing, tty=True, input=f"{text}\n")


def by_config(live: Wacb, folder: Path, text: str) -> Outcome:
    kept = live("config", "set", "number", "--account", "shop", "--", text)
    return kept if kept.code else live("number", "attach", "--profile", "Hook")


WAYS: dict[str, Run] = {
    "argument": lambda live, _, text: live("number", "attach", "--profile", "Hook", "--", text),
    "variable": lambda live, _, text: live(
        "number", "attach", "--profile", "Hook", env={"WACB_NUMBER": text}
    ),
    "stdin": lambda live, _, text: live("number", "attach", "--from", "-", input=f"{text},Hook\n"),
    "list": by_list,
    "wacb.toml": by_manifest,
    "config": by_config,
}


REFUSED = {
    "trunk zero": ("+44 (0)20 7946 0958", "(0)"),
    "trunk zero without spaces": ("+44(0)2079460958", "(0)"),
    "trunk zero behind 00": ("0049 (0) 30 1234567", "(0)"),
    "trunk zero within the parentheses": ("+91 (0 98123) 45671", "(0"),
    "float": ("919812345671.0", ".0 | decimal"),
    "float with two places": ("+919812345671.00", ".00 | decimal"),
    "exponent": ("9.19812345671e+11", "e+11 | exponent"),
    "exponent without a sign": ("9.19812E11", "E11 | exponent"),
    "minus": ("-919812345671", "'-' | -919812345671"),
    "end of a listed number": ("9812345671", LISTED),
    "shorter end of a listed number": ("12345671", LISTED),
    "digits of no listed number": ("919812345699", "+"),
    "one zero instead of two": ("0919812345671", "+ | 0"),
    "no country begins with 0": ("+0919812345671", "0"),
    "two signs": ("++919812345671", "++ | '+'"),
    "extension": ("+91 98123 45671 ext. 5", "'e' | ext"),
    "short extension": ("+91 98123 45671x5", "'x' | x5"),
    "two numbers in one": ("+91 98123 45671/72", "'/' | /72"),
    "tel URI": ("tel:+919812345671", "'t' | tel:"),
    "another platform's spelling": ("whatsapp:+919812345671", "'w' | whatsapp:"),
    "WhatsApp ID": ("919812345671@s.whatsapp.net", "'@' | @s"),
    "a spreadsheet's apostrophe": ("'+919812345671", "' | apostrophe"),
    "letter l for a 1": ("+91981234567l", "'l' | 67l"),
    "Arabic digit": ("+91981234567\u0661", "\u0661 | 0661"),
    "full-width plus": ("\uff0b919812345671", "\uff0b | FF0B"),
    "Cyrillic letter": ("+9198123\u04305671", "\u0430 | 0430"),
    "number sign": ("+91981#2345671", "'#' | #2345671"),
    "underscore": ("+91 98123_45671", "'_' | _45671"),
    "comma": ("+91 98123,45671", "',' | columns | line 1 | line 2 | ,4"),
}


@pairs(REFUSED, WAYS)
def test_a_number_that_needs_a_guess_is_refused(
    row: str, column: str, live: Wacb, sandbox: Sandbox, tmp_path: Path
) -> None:
    text, named = REFUSED[row]
    outcome = WAYS[column](live, tmp_path, text)
    assert (outcome.code, outcome.out) == (2, ""), outcome
    check_names(outcome, "+" if named == LISTED and column == "config" else named)
    assert not writes(sandbox)


READ = {
    "parentheses and a dash": "+1 (555) 010-0001",
    "two zeros": "0015550100001",
    "two zeros and spaces": "00 1 555 010 0001",
    "dots": "+1.555.010.0001",
    "digits of a listed number": "15550100001",
    "digits of a listed number with spaces": "1 555 010 0001",
    "direction marks of a contacts app": "\u202a+15550100001\u202c",
    "isolates of a messenger": "\u2068+1 555 010 0001\u2069",
    "left-to-right mark": "\u200e+15550100001",
    "zero-width space": "+1555\u200b0100001",
    "soft hyphen": "+1555\u00ad0100001",
    "byte order mark at the end": "+15550100001\ufeff",
    "spaces of a word processor": "+1\u00a0555\u202f010\u20090001",
    "dashes of a word processor": "+1\u2011555\u2010010\u20130001",
    "blanks around it": "  +15550100001  ",
    "tabs": "+1\t555\t0100001",
}


@pairs(READ, [*WAYS, "prompt"])
def test_a_number_with_one_meaning_is_read(
    row: str, column: str, live: Wacb, sandbox: Sandbox, tmp_path: Path, profile: str
) -> None:
    text = READ[row]
    if column == "stdin" and "\t" in text:
        text = f'"{text}"'  # a list may have tabs between its columns
    if column in ("config", "prompt") and text[0] == "1":
        text = f"+{text}"  # nothing is listed when it is stored, or on V1
    outcome = (WAYS | {"prompt": by_prompt})[column](live, tmp_path, text)
    assert (outcome.code, attached(sandbox, ONE)) == (0, profile), outcome


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("919812345699", "+", id="digits"),
        pytest.param("9812345671", "+", id="end of a listed number"),
        pytest.param("+44 (0)20 7946 0958", "(0)", id="trunk zero"),
        pytest.param("919812345699.0", ".0 | decimal | +", id="float"),
    ],
)
def test_a_new_number_needs_its_plus(text: str, named: str, live: Wacb, sandbox: Sandbox) -> None:
    outcome = live("number", "add", *ADD, "--", text)
    assert (outcome.code, outcome.out) == (2, "")
    check_names(outcome, named)
    assert not writes(sandbox)


@pytest.mark.parametrize("verb", ["attach", "detach"])
def test_without_a_listing_the_plus_is_asked_for(
    verb: str, wacb: Wacb, sandbox: Sandbox, profile: str
) -> None:
    put(sandbox, profile)
    before = writes(sandbox)
    env = {name: value for name, value in LIVE.items() if name != "WACB_WABA_ID"}
    how = ("--profile", profile) if verb == "attach" else ("--yes",)
    outcome = wacb("number", verb, "15550100001", *how, env=env)
    assert outcome.code == 2
    check_names(outcome, "+15550100001")
    assert writes(sandbox) == before


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(("number", "show"), id="show"),
        pytest.param(("number", "detach", "--yes"), id="detach"),
        pytest.param(("number", "rollback", "--yes"), id="rollback"),
        pytest.param(("verify",), id="verify"),
        pytest.param(("sandbox", "message", "--to"), id="sandbox message"),
    ],
)
def test_every_command_suggests_the_listed_number(
    line: tuple[str, ...], live: Wacb, sandbox: Sandbox
) -> None:
    outcome = live(*line, "9812345671")
    assert outcome.code == 2
    check_names(outcome, LISTED)
    assert not writes(sandbox)


LISTS = {
    "semicolons": f"{ONE};Hook\n{TWO};Hook\n".encode(),
    "tabs": f"{ONE}\tHook\n{TWO}\tHook\n".encode(),
    "UTF-16": f"{ONE},Hook\n{TWO},Hook\n".encode("utf-16"),
    "UTF-16, big-endian": f"\ufeff{ONE},Hook\r\n{TWO},Hook\r\n".encode("utf-16-be"),
    "UTF-8 of a spreadsheet": f"\ufeff{ONE},Hook\r\n{TWO},Hook\r\n".encode(),
    "carriage returns": f"{ONE},Hook\r{TWO},Hook\r".encode(),
    "header with ;": f"Number;Profile\r\n{ONE};Hook\r\n{TWO};Hook".encode(),
    "header with tabs": f"number\tprofile\n{ONE}\tHook\n{TWO}\tHook".encode(),
    "sep=; of Excel": f"sep=;\r\n{ONE};Hook\r\n{TWO};Hook\r\n".encode(),
    "quoted cells with ;": f'"{ONE}";"Hook"\n"{TWO}";"Hook"\n'.encode(),
    "empty cells at the end": f"{ONE};Hook;;\n{TWO};Hook;;\n".encode(),
    "blanks and a mix": f" {ONE} , Hook \n\n # ours\n{TWO} ; Hook\n".encode(),
    "invisible": f"\u202a{ONE}\u202c,Hook\n{TWO},Hook\u200b\n".encode(),
    "hard spaces": f"{ONE}\u00a0,\u00a0Hook\n{TWO},Hook\u00a0\n".encode(),
    "listed digits": b"15550100001,Hook\n1 555 010 0002,Hook\n",
}


@pairs(LISTS, ["file", "stdin"])
def test_a_list_with_one_meaning_is_read(
    row: str, column: str, live: Wacb, sandbox: Sandbox, tmp_path: Path, profile: str
) -> None:
    data = LISTS[row]
    (tmp_path / "list").write_bytes(data)
    how: dict[str, Any] = {"input": data} if column == "stdin" else {}
    file = "-" if column == "stdin" else str(tmp_path / "list")
    outcome = live("number", "attach", "--from", file, **how)
    assert outcome.code == 0, outcome
    assert (attached(sandbox, ONE), attached(sandbox, TWO)) == (profile, profile)


def test_digits_of_many_numbers_cost_no_more_listings(live: Wacb, sandbox: Sandbox) -> None:
    before = len(sandbox.requests())
    listed = "".join(f"{number[1:]},Hook\n" for number in (ONE, TWO, LISTED))
    assert live("number", "attach", "--from", "-", input=listed).code == 0
    paths = [each.path for each in sandbox.requests()[before:] if each.method == "GET"]
    assert sum(path.endswith("/number") for path in paths) == 2  # before and after the changes


def test_digits_of_a_bad_listing_are_not_guessed(live: Wacb, sandbox: Sandbox) -> None:
    env = {"WACB_WABA_ID": "999"}
    assert live("number", "show", ONE[1:], env=env).code == live("number", "list", env=env).code


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        pytest.param(b"919812345671.0,Hook", ".0 | decimal", id="float"),
        pytest.param(b"9.19812E+11,Hook", "E+11 | exponent | 'E'", id="exponent"),
        pytest.param(b'"9,19812E+11",Hook', "E+11 | exponent | ','", id="exponent with a comma"),
        pytest.param(b"+1555010000l,Hook", "'l'", id="letter l for a 1"),
        pytest.param(b"+15550100002 Hook", "'H'", id="blank between the columns"),
        pytest.param(b"+15550100002|Hook", "'|'", id="bar between the columns"),
        pytest.param(b"+15550100002;+15550100003,Hook", "columns | '+' | ';'", id="two numbers"),
        pytest.param(b"+15550100002,\x00Hook", "00", id="NUL"),
        pytest.param(b'="+15550100002",Hook', "'=' | quotation", id="a spreadsheet's formula"),
        pytest.param(b"5550100002,Hook", TWO, id="end of a listed number"),
        pytest.param(b"+15550100002,H\xe9", "e9 | UTF-8", id="Latin-1"),
    ],
)
def test_a_bad_line_is_named_with_its_character(
    bad: bytes, named: str, live: Wacb, sandbox: Sandbox
) -> None:
    outcome = live("number", "attach", "--from", "-", input=f"{ONE},Hook\n".encode() + bad + b"\n")
    assert (outcome.code, outcome.out) == (2, "")
    check_names(outcome, "line 2", named)
    assert not writes(sandbox)


def test_utf_16_without_a_mark_is_called_by_its_name(live: Wacb, sandbox: Sandbox) -> None:
    outcome = live("number", "attach", "--from", "-", input=f"{ONE},Hook\n".encode("utf-16-le"))
    assert outcome.code == 2
    check_names(outcome, "UTF-16")
    assert not writes(sandbox)
