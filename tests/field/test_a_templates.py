"""Templates that look complete and deliver nothing: refused where they are typed, found where they
are live, and repaired where they have one meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import attached, put, writes
from tests.cli.expect import BODY, HOOK, MEMBERS, ONE, QUERY
from tests.conftest import Outcome, Wacb
from tests.examples import sampled
from tests.field.seeding import check_names, count_arriving, endpoint, seed, stored
from tests.sandbox.endpoint import Endpoint
from wacb.sandbox.emulator import Sandbox

__all__ = ["endpoint"]

PRETTY = json.dumps(MEMBERS, indent=2)
FIRST = "body=<body>&"
REST = QUERY.removeprefix(FIRST)
END = "&location=<location>"
MARK = "'?' | \"?\" | question mark | no ? | a ? | the ? | %3F"
SEMICOLON = "';' | semicolon | <body>; | <media_url>;"


def parted(separator: str) -> str:
    return QUERY.replace("&", separator)


def trailing(text: str) -> str:
    return text[: text.rindex("}")].rstrip() + ",\n}"


# id, what follows https://host, what is named, how many fields an endpoint reads, repaired by --fix
URLS: list[tuple[str, str, str, int, bool]] = [
    ("no question mark", f"/hook&{QUERY}", MARK, 0, True),
    ("HTML-escaped separators", f"/hook?{parted('&amp;')}", "&amp;", 1, True),
    ("query in the route of a single-page app", f"/#/hook?{QUERY}", "#", 0, True),
    ("query behind a fragment", f"/hook#?{QUERY}", "#", 0, True),
    ("last parameter in the fragment", f"/hook?{QUERY.replace(END, '#' + END[1:])}", "#", 13, True),
    ("slash for the question mark", f"/hook/{QUERY}", MARK, 0, True),
    ("semicolons between parameters", f"/hook?{parted(';')}", SEMICOLON, 0, True),
    ("one semicolon", f"/hook?{QUERY.replace('&from', ';from')}", SEMICOLON, 12, True),
    ("percent-encoded separators", f"/hook?{parted('%26')}", "%26", 0, True),
    ("numeric character references", f"/hook?{parted('&#38;')}", "&#38; | #", 1, True),
    ("twice HTML-escaped separators", f"/hook?{parted('&amp;amp;')}", "&amp;", 1, True),
    ("escaped question mark", f"/hook%3F{QUERY}", "%3F", 0, True),
    ("second question mark", f"/hook?team=7?{QUERY}", "team", 13, True),
    ("doubled question mark", f"/hook??{QUERY}", "?body", 13, True),
    ("placeholder in the path", f"/<body>/hook?{REST}", "<body>", 13, True),
    ("placeholder within a value", f"/hook?text=Hi-<body>&{REST}", "<body>", 13, True),
    (
        "two placeholders in one value",
        f"/hook?{QUERY.replace('&location=', '-')}",
        "<location>",
        12,
        False,
    ),
    ("key a second time", f"/hook?{QUERY}&body=fixed", "body", 13, False),
    ("placeholder for a key", f"/hook?<body>=body&{REST}", "<body>", 13, True),
    ("placeholder without a key", f"/hook?<body>&{REST}", "<body>", 13, True),
    ("commas between parameters", f"/hook?{parted(',')}", "',' | comma | <body>,", 0, False),
]
LINE = r"line \d+, column \d+"
BODIES: list[tuple[str, str, str, int, bool]] = [
    ("comma before the last brace", trailing(PRETTY), "line 16, column 1 | line 15,", 0, True),
    ("comma before the last brace, one line", BODY[:-1] + ",}", "line 1, column", 0, True),
    (
        "comma before a bracket",
        PRETTY.replace('"<body>"', '"<body>", "own": ["x",]'),
        "line 2, column",
        0,
        True,
    ),
    ("comma left out", PRETTY.replace('"<body>",', '"<body>"'), "line 3, column 3", 0, False),
    ("placeholder without quotes", PRETTY.replace('"<body>"', "<body>"), "line 2,", 0, False),
    ("single quotes", PRETTY.replace('"', "'"), "line 2, column 3", 0, False),
    ("HTML-escaped quotes", PRETTY.replace('"', "&quot;"), "&quot;", 0, False),
    ("comment", PRETTY.replace("{", "{\n  // ours", 1), "line 2, column 3", 0, False),
    ("line break in a string", PRETTY.replace("<body>", "<body>\n"), "line 2,", 0, False),
    ("form instead of JSON", QUERY, "line 1, column 1", 0, False),
    ("two objects", f"{BODY}\n{BODY}", "line 2, column 1", 0, False),
    ("closing brace left out", PRETTY.rstrip("}"), LINE, 0, False),
    ("JSON text in JSON text", json.dumps(BODY), "object", 0, False),
    ("array", json.dumps([MEMBERS]), "object", 0, False),
    ("key a second time", BODY[:-1] + ',"body":"fixed"}', "body", 13, False),
    ("NaN", BODY[:-1] + ',"rate":NaN}', "NaN", 14, False),
    ("placeholder for a key", BODY.replace('"body":"<body>"', '"<body>":"x"'), "<body>", 13, True),
    (
        "invisible character in a placeholder",
        BODY.replace("<body>", "<bo\u200bdy>"),
        "200b",
        13,
        True,
    ),
    ("Cyrillic letter in a placeholder", BODY.replace("<body>", "<b\u043edy>"), "043e", 13, True),
    ("full-width brackets", BODY.replace("<body>", "\uff1cbody\uff1e"), "ff1c", 13, True),
    ("placeholder of another language", BODY.replace("<body>", "{{body}}"), "{{body}}", 13, False),
]
urls = pytest.mark.parametrize(
    ("rest", "named"), [pytest.param(rest, named, id=id) for id, rest, named, _, _ in URLS]
)
bodies = pytest.mark.parametrize(
    ("body", "named"), [pytest.param(body, named, id=id) for id, body, named, _, _ in BODIES]
)
live_rows = pytest.mark.parametrize(
    ("rest", "body", "named", "arriving", "fixed"),
    [
        *sampled(
            (pytest.param(rest, None, *row, id=f"URL, {id}") for id, rest, *row in URLS), every=3
        ),
        *sampled(
            (pytest.param("/hook", body, *row, id=f"body, {id}") for id, body, *row in BODIES),
            every=3,
        ),
        pytest.param(f"/hook?{QUERY}", "{}", "<body>", 0, True, id="template in the URL of a POST"),
        pytest.param("/hook", "\ufeff" + BODY, "feff", 0, True, id="body with a byte order mark"),
    ],
)


def check_place(outcome: Outcome, named: str) -> None:
    if named == LINE:
        assert re.search(LINE, outcome.out + outcome.err)
    elif re.fullmatch("[0-9a-f]{4}", named):  # a character, however its code is written
        assert re.search(named, outcome.out + outcome.err, re.IGNORECASE)
    else:
        check_names(outcome, named)


def write_manifest(folder: Path, **members: str) -> str:
    lines = [f"{name} = {json.dumps(value)}" for name, value in members.items()]
    file = folder / "wacb.toml"
    file.write_text("\n".join(["[profiles.incoming]", 'title = "Incoming"', *lines]) + "\n")
    return str(file)


WITH_URL: dict[str, Callable[[str, Path], tuple[str, ...]]] = {
    "template": lambda url, folder: ("template", "--method", "get", "--url", url),
    "create": lambda url, folder: ("profile", "create", "--method", "get", "--url", url),
    "update": lambda url, folder: ("profile", "update", "Fine hook", "--url", url),
    "plan": lambda url, folder: ("plan", "-f", write_manifest(folder, method="get", url=url)),
}


@pytest.mark.parametrize("command", sampled(WITH_URL, every=2))
@urls
def test_a_url_that_delivers_less_than_it_shows_is_refused(
    rest: str, named: str, command: str, live: Wacb, sandbox: Sandbox, tmp_path: Path
) -> None:
    seed(sandbox, url=f"{HOOK}?{QUERY}", title="Fine hook")
    outcome = live(*WITH_URL[command](f"https://example.com{rest}", tmp_path))
    assert (outcome.code, outcome.out) == (2, "")
    check_names(outcome, named)
    assert not writes(sandbox)


def body_line(command: str, body: str, folder: Path) -> tuple[str, ...]:
    if command == "plan":
        return "plan", "-f", write_manifest(folder, method="post", url=HOOK, body=body)
    (folder / "body.json").write_text(body)
    file = ("--body-file", str(folder / "body.json"))
    if command == "create":
        return "profile", "create", "--method", "post", "--url", HOOK, *file
    return "profile", "update", "Fine hook", *file


@pytest.mark.parametrize("command", sampled(["create", "update", "plan"], every=3))
@bodies
def test_a_body_that_delivers_less_than_it_shows_is_refused(
    body: str, named: str, command: str, live: Wacb, sandbox: Sandbox, tmp_path: Path
) -> None:
    seed(sandbox, url=HOOK, body=BODY, title="Fine hook")
    outcome = live(*body_line(command, body, tmp_path))
    assert (outcome.code, outcome.out) == (2, "")
    check_place(outcome, named)
    assert not writes(sandbox)


@live_rows
def test_a_live_profile_is_found_broken(
    rest: str,
    body: str | None,
    named: str,
    arriving: int,
    fixed: bool,
    live: Wacb,
    sandbox: Sandbox,
) -> None:
    profile = seed(sandbox, url=f"https://example.com{rest}", body=body)
    refused = live("number", "attach", ONE, "--profile", profile)
    assert (refused.code, attached(sandbox, ONE)) == (9, "")
    check_place(refused, named)
    put(sandbox, profile)
    for line in (("profile", "check", profile), ("verify", ONE)):
        found = live(*line)
        assert found.code == 8, line
        check_place(found, named)


@live_rows
def test_as_many_placeholders_are_counted_as_arrive(
    rest: str,
    body: str | None,
    named: str,
    arriving: int,
    fixed: bool,
    wacb: Wacb,
    live: Wacb,
    sandbox: Sandbox,
    endpoint: Endpoint,
) -> None:
    profile = seed(sandbox, url=f"http://127.0.0.1:{endpoint.port}{rest}", body=body)
    put(sandbox, profile)
    shown = json.loads(live("profile", "show", profile, "-o", "json").out)["placeholders"]
    assert count_arriving(wacb, endpoint) == arriving
    # broken JSON counts as nothing, but a receiver that takes NaN may read all of it
    assert shown["present"] == (0 if "NaN" in (body or "") else arriving)
    listed = live("profile", "list").out.split("\t")[-1].strip()
    assert listed == f"{shown['present']}/14"


@live_rows
def test_fix_repairs_what_has_one_meaning_and_leaves_the_rest(
    rest: str,
    body: str | None,
    named: str,
    arriving: int,
    fixed: bool,
    wacb: Wacb,
    live: Wacb,
    sandbox: Sandbox,
    endpoint: Endpoint,
) -> None:
    profile = seed(sandbox, url=f"http://127.0.0.1:{endpoint.port}{rest}", body=body)
    put(sandbox, profile)
    before = stored(sandbox)
    outcome = live("profile", "check", "--fix", "--yes", profile)
    if fixed:
        assert outcome.code == 0, outcome
        assert count_arriving(wacb, endpoint) == 14
        assert live("profile", "check", profile).code == 0
    else:
        assert (outcome.code, stored(sandbox)) == (8, before)
        check_place(outcome, named)
        check_names(outcome, "profile update")


@pytest.mark.parametrize(
    ("rest", "body"),
    [
        pytest.param(f"/hook?{QUERY}#top", None, id="fragment behind a whole query"),
        pytest.param(f"/hook?&{parted('&&')}&", None, id="empty parameters"),
        pytest.param(f"/hook?next=/a?b=1;c=2&{QUERY}", None, id="? and ; in an own value"),
        pytest.param(f"/hook?firm=R&amp;D&{QUERY}", None, id="&amp; in an own value"),
        pytest.param(f"/a;b=1&c/hook?{QUERY}", None, id="; and & in the path"),
        pytest.param(f"/hook?{QUERY}&text=Hi-<body>", None, id="placeholder in one more value"),
        pytest.param(f"/hook?{QUERY}&note={{{{body}}}}", None, id="foreign beside a whole one"),
        pytest.param(f"/<wanumber>/hook?{QUERY}", None, id="placeholder in the path as well"),
        pytest.param("/hook?a=1", PRETTY.replace("\n", "\r\n") + "\r\n", id="CR LF in a body"),
        pytest.param("/hook", BODY[:-1] + ',"n":[1,{"a":"<from>"}]}', id="a placeholder twice"),
    ],
)
def test_what_arrives_is_no_fault(
    rest: str, body: str | None, wacb: Wacb, live: Wacb, sandbox: Sandbox, endpoint: Endpoint
) -> None:
    profile = seed(sandbox, url=f"http://127.0.0.1:{endpoint.port}{rest}", body=body)
    assert live("profile", "check", profile).code == 0
    assert live("number", "attach", ONE, "--profile", profile).code == 0
    assert count_arriving(wacb, endpoint) == 14


@pytest.mark.parametrize(
    ("rest", "body", "named"),
    [
        pytest.param(f"/hook&{QUERY}", None, MARK, id="A1"),
        pytest.param(f"/hook?{parted('&amp;')}", None, "&amp;", id="A2"),
        pytest.param("/hook", trailing(PRETTY), "line 1", id="A4"),
    ],
)
def test_export_leaves_out_a_broken_template_and_says_why(
    rest: str, body: str | None, named: str, live: Wacb, sandbox: Sandbox
) -> None:
    seed(sandbox, url=f"https://example.com{rest}", body=body, title="Broken incoming")
    outcome = live("export")
    assert outcome.code == 0
    assert "[profiles" not in outcome.out
    check_names(Outcome(code=0, out="", err=outcome.err), "Broken incoming", "left out", named)


def test_allow_missing_takes_a_template_that_is_meant_so(live: Wacb, sandbox: Sandbox) -> None:
    url = "https://example.com/<wanumber>/hook?text=<body>"
    made: Any = live("profile", "create", "--method", "get", "--url", url, "--allow-missing")
    assert (made.code, [row["url"] for row in stored(sandbox)]) == (0, [url])
