"""`wacb profile list` and `wacb profile show`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import ask
from tests.cli.expect import (
    BODY,
    CREATE,
    HOOK,
    MEMBERS,
    QUERY,
    TITLE,
    as_json,
    done,
    failed,
    profile_json,
    row,
    table,
)
from tests.conftest import Wacb, profile_id
from tests.fake_api import Network, Reply, Sent, answer, make_row, refusal
from wacb.sandbox.emulator import Sandbox

NONE = "no callback profiles; create one with `wacb profile create --method post`"


def add(sandbox: Sandbox, title: str = TITLE, **changes: Any) -> None:
    """Add a profile behind the program's back."""
    fields = {"title": title, "http_method": "POST", "url": HOOK, "body": BODY, **changes}
    given = {name: value for name, value in fields.items() if value is not None}
    ask(sandbox, "POST", "/v1/SID/callback/profiles", given)


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        ((), done(err=NONE)),
        (("-o", "table"), done(err=NONE)),
        (("-o", "json"), done("[]")),
        (("-q",), done()),
        (("--title", "x"), done(err="no matching callback profiles")),
        (("--status", "active"), done(err="no matching callback profiles")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_an_empty_list(live: Wacb, options: tuple[str, ...], outcome: object):
    assert live("profile", "list", *options) == outcome


def test_the_list_in_each_form(live: Wacb, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    add(sandbox)
    url = f"{HOOK}?{QUERY}"
    add(sandbox, "Second", http_method="GET", url=url, body=None)
    assert live("profile", "list") == done(
        f"{row()}\n{row(2, method='GET', url=url, title='Second')}"
    )
    assert live("profile", "list", "-q") == done(f"{profile_id(1)}\n{profile_id(2)}")
    second = profile_json(id=profile_id(2), title="Second", method="GET", url=url, body=None)
    assert live("profile", "list", "-o", "json") == done(as_json([profile_json(), second]))
    monkeypatch.setenv("COLUMNS", "133")
    assert live("profile", "list", "-o", "table") == done(
        f"{'TITLE':29}  METHOD  {'URL':29}  STATUS    PLACEHOLDERS  ID\n"
        f"{TITLE[:28]}…  POST    {HOOK:29}  ✓ active  14/14         {profile_id(1)}\n"
        f"{'Second':29}  GET     https://example.com/hook?bod…  ✓ active  14/14         "
        f"{profile_id(2)}"
    )


LISTED: tuple[dict[str, Any], ...] = (
    {"http_method": "POST"},
    {"http_method": "GET", "body": None},
    {"status": 3},
)
LEAN = ("headers", "body")


@pytest.mark.parametrize(
    ("options", "lacking", "details"),
    [
        ((), ("headers",), ()),
        ((), LEAN, (1, 3)),
        (("-o", "json"), LEAN, (1, 2, 3)),
        (("-q",), (*LEAN, "url", "http_method", "status"), ()),
        (("--limit", "1"), LEAN, (1,)),
        (("--title", "Profile 3"), LEAN, (3,)),
        (("--status", "active"), LEAN, (1,)),
        (("-q", "--status", "active"), LEAN, ()),
        (("-q", "--status", "active"), ("status",), (1, 2, 3)),
        (("-q", "--status", "active", "--limit", "1"), ("status",), (1,)),
    ],
    ids=lambda value: " ".join(value) if value and isinstance(value[0], str) else None,
)
def test_details_are_read_only_if_output_or_filter_needs_them(
    live: Wacb, options: tuple[str, ...], lacking: tuple[str, ...], details: tuple[int, ...]
):
    shown = [
        make_row(profile_id=profile_id(n), title=f"Profile {n}", **changes)
        for n, changes in enumerate(LISTED, 1)
    ]
    asked: list[str] = []

    def listing(sent: Sent) -> Reply:
        name = sent.url.rpartition("/")[2]
        if name.startswith("profiles?"):
            return answer([{k: v for k, v in row.items() if k not in lacking} for row in shown])
        asked.append(name)
        return answer(next(row for row in shown if row["profile_id"] == name))

    whole = live("profile", "list", *options, handler=Network(lambda _: answer(shown)))
    assert live("profile", "list", *options, handler=Network(listing)) == whole
    assert sorted(asked) == [profile_id(number) for number in details]


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        (("--title", "IN"), (1, 3)),
        (("--title", "messages"), (3,)),
        (("--title", "in", "--limit", "1"), (1,)),
        (("--limit", "2"), (1, 2)),
        (("--limit", "9"), (1, 2, 3)),
        (("--status", "active"), (1, 2, 3)),
        (("--status", "active", "--title", "Second"), (2,)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value[0], str) else "",
)
def test_the_list_is_narrowed(
    live: Wacb, sandbox: Sandbox, options: tuple[str, ...], numbers: tuple[int, ...]
):
    for title in ("Incoming", "Second", "incoming messages"):
        add(sandbox, title)
    ids = "\n".join(profile_id(number) for number in numbers)
    assert live("profile", "list", "-q", *options) == done(ids)


@pytest.mark.parametrize(
    ("options", "pages", "count"), [((), [0, 100, 200], 230), (("--limit", "100"), [0], 100)]
)
def test_every_page_is_followed_as_far_as_needed(
    live: Wacb, sandbox: Sandbox, options: tuple[str, ...], pages: list[int], count: int
):
    for number in range(230):
        add(sandbox, f"profile {number}")
    created = len(sandbox.requests())
    outcome = live("profile", "list", "-q", *options)
    assert outcome == done("\n".join(profile_id(number) for number in range(1, count + 1)))
    asked = [request.query for request in sandbox.requests()[created:]]
    assert asked == [f"limit=100&offset={offset}" for offset in pages]


def test_the_status_words(over: Wacb):
    rows = [make_row(profile_id=f"IN_{status}", status=status) for status in (1, 2, 3, 7)]
    lines = over(Network(answer({"profiles": rows})), "profile", "list").out.splitlines()
    assert [line.split("\t")[4] for line in lines] == ["active", "auto-disabled", "disabled", "7"]
    network = Network(answer({"profiles": rows}))
    outcome = over(network, "profile", "list", "-q", "--status", "auto-disabled")
    assert outcome == done("IN_2")


@pytest.mark.parametrize("reference", [profile_id(1), TITLE])
def test_show_takes_an_id_or_an_exact_title(live: Wacb, sandbox: Sandbox, reference: str):
    add(sandbox)
    add(sandbox, TITLE + " too")
    assert live("profile", "show", reference) == done(row())
    assert live("profile", "show", reference, "-q") == done(profile_id(1))
    assert live("profile", "show", reference, "-o", "json") == done(as_json(profile_json()))


def test_show_refuses_a_title_that_two_profiles_carry(live: Wacb, sandbox: Sandbox):
    add(sandbox)
    add(sandbox)
    assert live("profile", "show", TITLE) == failed(
        9,
        f"2 profiles are named '{TITLE}': {profile_id(1)}, {profile_id(2)}",
        "pass the ID of one of them",
    )


@pytest.mark.parametrize("reference", ["Incomming", "incoming", "US_short-id"])
def test_show_names_the_nearest_title(live: Wacb, sandbox: Sandbox, reference: str):
    add(sandbox, "Incoming")
    near = "" if reference.startswith("US") else "did you mean 'Incoming'? "
    assert live("profile", "show", reference) == failed(
        5,
        f"no profile with ID or title '{reference}'",
        f"{near}run `wacb profile list` to see available profiles",
    )


@pytest.mark.parametrize("reference", [profile_id(9), "Something else", "\udcff"])
def test_show_says_in_json_that_nothing_is_there(live: Wacb, sandbox: Sandbox, reference: str):
    add(sandbox)
    outcome = live("profile", "show", reference, "-o", "json")
    error = json.loads(outcome.err)["error"]
    assert (outcome.code, error["code"]) == (5, "not_found")
    assert (error["status"], error["api_code"]) == (404, "RBC302")


def test_show_takes_an_id_of_a_form_not_seen_yet(over: Wacb):
    network = Network(answer({"profiles": []}), answer(make_row(profile_id="XX-1")))
    assert over(network, "profile", "show", "XX-1", "-q") == done("XX-1")


BODIES = {
    "no JSON": ("<body>", "<body>"),
    "an array": ('["<body>"]', '["<body>"]'),
    "not a number": ('{"a": NaN}', '{"a": NaN}'),
    "beyond a number": ('{"a": 1e999}', '{"a": 1e999}'),
    "deep": ('{"a":[' * 250 + "1" + "]}" * 250,) * 2,
    "too deep": ('{"a":' * 5000 + "1" + "}" * 5000,) * 2,
    "an object": ('{"a": 1.5}', {"a": 1.5}),
    "an object unquoted": ({"a": "<body>"}, {"a": "<body>"}),
    "nothing": (None, None),
    "an empty text": ("", None),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_body_is_an_object_or_else_the_text_it_is(over: Wacb, case: str):
    body, shown = BODIES[case]
    outcome = over(
        Network(answer(make_row(profile_id=profile_id(1), body=body))),
        "profile",
        "show",
        profile_id(1),
        "-ojson",
    )
    assert outcome.code == 0
    expected = as_json(shown)
    assert f'  "body": {expected.replace(chr(10), chr(10) + "  ")},\n' in outcome.out


def test_a_broken_template_is_counted_and_named(over: Wacb):
    members = {"a": "<body> <mimetype>", "b": "%3Cfrom%3E", "c": "<type>"}
    network = Network(answer(make_row(profile_id=profile_id(1), body=as_json(members))))
    missing = [name for name in MEMBERS if name not in ("body", "type")]
    assert over(network, "profile", "show", profile_id(1)).out.endswith("\t2/14\n")
    outcome = over(network, "profile", "show", profile_id(1), "-o", "table")
    names = " ".join(f"<{name}>" for name in missing)
    assert outcome.out.splitlines()[-1] == (
        f"placeholders:  2/14, missing {names}, unknown <mimetype>"
    )


def test_header_values_and_keys_are_never_shown(over: Wacb):
    secret = {
        "headers": '{"Authorization": "Bearer canary-1", "X-Plain": "canary-2"}',
        "enc": {"algo": "AES-128-CFB", "key": "canary-3canary-3", "IV": "canary-4canary-4"},
    }
    network = Network(answer(make_row(profile_id=profile_id(1), **secret)))
    for form in ("json", "table", "tsv"):
        outcome = over(network, "profile", "show", profile_id(1), "-o", form, "-vv")
        assert (outcome.code, "canary" in outcome.out + outcome.err) == (0, False)
    shown = over(network, "profile", "show", profile_id(1), "-o", "table").out
    assert 'headers:       {"Authorization": "***", "X-Plain": "***"}\n' in shown
    assert 'encryption:    {"algorithm": "AES-128-CFB"}\n' in shown


def test_rows_that_lack_members_are_completed(over: Wacb):
    brief = {"id": profile_id(1), "title": TITLE, "status": 1}
    whole = make_row(profile_id=profile_id(1), title=TITLE)
    network = Network(answer([brief]), answer(whole), answer([]))
    assert over(network, "profile", "list") == done(
        table(profile_id(1), TITLE, "POST", HOOK, "active", "14/14")
    )


def test_an_id_that_is_a_path_stays_a_segment(over: Wacb):
    network = Network(answer({"profiles": []}), refusal(404, "none"), answer({"profiles": []}))
    assert over(network, "profile", "show", "../x?y#z").code == 5
    assert network.sent[1].url.endswith("/callback/profiles/..%2Fx%3Fy%23z")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--limit", "0"), "Invalid value for '--limit': 0 is not in the range x>=1."),
        (
            ("--status", "on"),
            "Invalid value for '--status': 'on' is not one of 'active', 'auto-disabled', "
            "'disabled'.",
        ),
    ],
    ids=["--limit", "--status"],
)
def test_options_of_the_list_are_checked(live: Wacb, options: tuple[str, ...], message: str):
    outcome = live("profile", "list", *options)
    assert outcome == failed(2, message, "run `wacb profile list --help`")


def test_create_and_list_agree(live: Wacb):
    assert live(*CREATE, "-q") == done(profile_id(1))
    assert live("profile", "list") == live("profile", "show", profile_id(1)) == done(row())
