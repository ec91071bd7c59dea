"""Every member of an answer missing, null, of another type or case; refusals in every form."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import attached, writes
from tests.cli.expect import CREATE, HOOK, MEMBERS, ONE, TWO, failed
from tests.conftest import Wacb, profile_id
from tests.examples import few, sampled
from tests.field.altered import (
    ABSENT,
    FIRST,
    NUMBERS,
    PROFILE,
    PROFILES,
    Altered,
    count,
    data,
    make_attached,
    make_profile,
    member,
    rows,
)
from wacb.sandbox.emulator import Sandbox

ATTACH = ("number", "attach", ONE, "--profile", FIRST)

# -- a profile's members


# what each status means for `attach`: its exit code, and whether it is said to be unknown
STATUSES: dict[tuple[int, bool], tuple[object, ...]] = {
    (0, False): (1, "1", 1.0, "ACTIVE", "Active", " active ", [1]),
    (0, True): (ABSENT, None, "", 0, 9, "enabled", True, {}, "LIVE"),
    (9, False): (2, "3", 3.0, "DISABLED", "disabled ", [3], "AUTO_DISABLED", "Auto Disabled"),
}


@pytest.mark.parametrize(
    ("status", "code", "noted"),
    sampled(
        (
            pytest.param(value, *meaning, id="missing" if value is ABSENT else repr(value))
            for meaning, values in STATUSES.items()
            for value in values
        ),
        every=4,
    ),
)
def test_only_a_status_that_says_so_forbids(
    live: Wacb, sandbox: Sandbox, status: object, code: int, noted: bool
):
    make_profile(sandbox)
    outcome = live(*ATTACH, handler=Altered(sandbox, member("status", status)))
    assert outcome.code == code, outcome
    assert attached(sandbox, ONE) == ("" if code else FIRST)
    assert ("status" in outcome.err) == noted


@pytest.mark.parametrize("url", ["", None, ABSENT, "?q=1"])
def test_a_profile_without_a_url_delivers_nothing(live: Wacb, sandbox: Sandbox, url: object):
    make_profile(sandbox)
    outcome = live(*ATTACH, handler=Altered(sandbox, member("url", url)))
    assert outcome == failed(
        9,
        f"profile 'Hook' ({FIRST}) has 0 of 14 placeholders; it has no URL",
        f"fix it with `wacb profile check {FIRST} --fix`, or pass --allow-missing",
    )
    assert attached(sandbox, ONE) == ""


@pytest.mark.parametrize(
    ("name", "value", "key", "shown"),
    [
        pytest.param("http_method", "post", "method", "POST", id="method in lower case"),
        pytest.param("http_method", " Post ", "method", "POST", id="method with blanks"),
        pytest.param("http_method", "PATCH", "method", "PATCH", id="a method of its own"),
        pytest.param("http_method", None, "method", None, id="no method"),
        pytest.param("title", 4711, "title", "4711", id="a number as title"),
        pytest.param("body", MEMBERS, "body", MEMBERS, id="body as object"),
        pytest.param("events", ["incoming"], "events", ["incoming"], id="events as array"),
        pytest.param("events", "incoming", "events", ["incoming"], id="events as a word"),
        pytest.param("events", "null", "events", [], id="events as null in text"),
        pytest.param("headers", {"Accept": "a"}, "headers", {"Accept"}, id="headers as object"),
        pytest.param("headers", [], "headers", set(), id="headers as an empty array"),
        pytest.param(
            "headers", [{"key": "Accept", "value": "a"}], "headers", {"Accept"}, id="key and value"
        ),
        pytest.param(
            "headers", [{"name": "Accept", "value": "a"}], "headers", {"Accept"}, id="name, value"
        ),
        pytest.param("headers", '[{"Accept": "a"}]', "headers", {"Accept"}, id="array of one"),
        pytest.param("enc", [], "encryption", None, id="encryption as an empty array"),
        pytest.param(
            "enc",
            '{"algo": "AES-128-CFB", "key": "k", "IV": "i"}',
            "encryption",
            {"algorithm": "AES-128-CFB"},
            id="encryption as text",
        ),
        pytest.param(
            "enc", [{"algo": "AES-128-CFB"}], "encryption", {"algorithm": "AES-128-CFB"},
            id="encryption as an array of one",
        ),
        pytest.param("created_at", 1790000000, "created_at", "1790000000", id="created as number"),
        pytest.param("channel", ["whatsapp"], "channel", "whatsapp", id="channel in an array"),
        pytest.param("channel", 3, "channel", "3", id="channel as number"),
    ],
)  # fmt: skip
def test_a_known_member_in_another_type_is_read(
    live: Wacb, sandbox: Sandbox, name: str, value: object, key: str, shown: object
):
    make_profile(sandbox)
    outcome = live(
        "profile", "show", FIRST, "-o", "json", handler=Altered(sandbox, member(name, value))
    )
    assert outcome.code == 0, outcome
    found = json.loads(outcome.out)[key]
    assert (set(found) if isinstance(shown, set) else found) == shown


ODD = [ABSENT, None, "", 5, "5", True, 0.5, [], {}, [None], {"a": {"b": []}}, "\u202e{"]
ROW = (
    *("title", "url", "http_method", "headers", "body_type", "body", "status", "created_at"),
    *("modified_at", "enc", "response_message", "channel", "events", "dynamic_variables"),
    *("replacers", "something_new"),
)


@pytest.mark.parametrize(
    ("name", "value"),
    sampled(
        (
            pytest.param(name, v, id=f"{name}-{'missing' if v is ABSENT else ascii(v)}")
            for name in ROW
            for v in ODD
        ),
        every=17,
    ),
)
def test_one_odd_member_hides_no_profile(live: Wacb, sandbox: Sandbox, name: str, value: object):
    make_profile(sandbox)
    second = make_profile(sandbox, title="Second")

    def change(row: dict[str, Any]) -> dict[str, Any]:
        kept = {key: item for key, item in row.items() if key != name}
        return (
            row
            if row["profile_id"] == second
            else kept | ({} if value is ABSENT else {name: value})
        )

    odd = Altered(sandbox, rows(PROFILES, change), data(PROFILE, change))
    assert live("profile", "list", "-q", handler=odd).out.split() == [FIRST, second]
    assert live("profile", "show", FIRST, "-q", handler=odd).out == f"{FIRST}\n"
    checked = live("profile", "check", second, "-o", "json", handler=odd)
    assert (checked.code, json.loads(checked.out)[0]["ok"]) == (0, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("http_method", "PATCH", id="a method of its own"),
        pytest.param("body", 5, id="a number as body"),
        pytest.param("url", {"href": HOOK}, id="an object as URL"),
        pytest.param("headers", "Accept: text/plain", id="headers as lines"),
        pytest.param("headers", {"Accept": {"value": "a"}}, id="an object as a header's value"),
        pytest.param("headers", [{"X-Tag": "a"}, {"X-Tag": "b"}], id="a header twice"),
    ],
)
def test_nothing_is_written_on_what_is_not_understood(
    live: Wacb, sandbox: Sandbox, name: str, value: object
):
    make_profile(sandbox)
    odd = Altered(sandbox, member(name, value))
    for line in (
        ("profile", "check", "--fix", FIRST, "--yes"),
        ("profile", "update", FIRST, "--header", "X-Tag: b"),
        (*CREATE, "--title", "Hook", "--update-existing"),
        ATTACH if name != "headers" else ("profile", "update", FIRST, "--header", "X-Tag:"),
        ("callback", "send", "--profile", FIRST, "--dry-run"),
        ("verify", ONE, "--profile", FIRST),
    ):
        outcome = live(*line, handler=odd)
        assert outcome.code in (2, 7, 8, 9), (line, outcome)
    assert count(sandbox, "PATCH") + count(sandbox, "PUT") == 0
    shown = live("profile", "show", FIRST, handler=odd)
    assert (shown.code, "in a form that wacb doesn't understand" in shown.err) == (0, True)
    assert "is left out" in live("export", handler=odd).err


@pytest.mark.parametrize("value", [None, ""], ids=repr)
def test_what_the_rows_show_as_nothing_is_in_the_details(
    live: Wacb, sandbox: Sandbox, value: object
):
    body = json.dumps({**MEMBERS, "mine": "kept"})
    make_profile(sandbox, title="Incoming", body=body)
    leave_out = dict.fromkeys(("body", "url", "headers"), value)
    lean = Altered(sandbox, rows(PROFILES, lambda row: {**row, **leave_out}))
    assert live("profile", "check", "--fix", "--yes", handler=lean).code == 0
    assert (
        live("profile", "show", "Incoming", handler=lean).out == live("profile", "show", FIRST).out
    )
    assert count(sandbox, "PATCH") == 0
    checked = live("api", "check", handler=lean).out
    assert "missing in rows: `body` in 1, `url` in 1" in checked


def test_a_plan_leaves_alone_what_is_not_understood(live: Wacb, sandbox: Sandbox, tmp_path: Path):
    make_profile(sandbox)
    make_attached(sandbox, TWO, title="Other")
    odd = Altered(sandbox, member("http_method", "PATCH"))
    file = tmp_path / "wacb.toml"
    file.write_text("[profiles.a]\ntitle = 'Hook'\nmethod = 'post'\nurl = 'https://b.example'\n")
    blocked = live("apply", "-f", str(file), "--yes", handler=odd)
    assert (blocked.code, "its method 'PATCH'" in blocked.err) == (9, True)
    file.write_text("[numbers]\n")
    pruned = live("plan", "-f", str(file), "--prune", handler=odd)
    assert (pruned.code, pruned.out) == (0, "")
    assert "is kept: the API shows its method 'PATCH'" in pruned.err
    assert f"number {TWO}, not in the file, has profile 'Other'" in pruned.err


@pytest.mark.parametrize("ident", few([17, "17", "IN-17/a b"], 1))
def test_an_id_of_any_form_works(live: Wacb, sandbox: Sandbox, ident: object):
    made = make_profile(sandbox)
    served = Altered(sandbox, member("profile_id", ident))
    assert live("profile", "list", "-q", handler=served).out == f"{ident}\n"
    assert live("profile", "show", "Hook", "-q", handler=served).out == f"{ident}\n"
    assert made == FIRST


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param(lambda d: [d], id="an array of one"),
        pytest.param(lambda d: {"id": d["profile_id"]}, id="id"),
        pytest.param(lambda d: {"profile": d}, id="wrapped by its name"),
        pytest.param(lambda d: d["profile_id"], id="the ID alone"),
        pytest.param(lambda d: None, id="null"),
        pytest.param(lambda d: ABSENT, id="no data"),
    ],
)
def test_a_create_is_recognized_in_any_answer(
    live: Wacb, sandbox: Sandbox, shown: Callable[[Any], Any]
):
    outcome = live(*CREATE, "-q", handler=Altered(sandbox, data(PROFILES, shown, method="POST")))
    assert (outcome.code, outcome.out) == (0, f"{profile_id(1)}\n")
    assert count(sandbox, "POST") == 1


# -- a number's members


@pytest.mark.parametrize(
    "written", ["15550100001", 15550100001, "+1 555-010-0001", "0015550100001"], ids=repr
)
@pytest.mark.parametrize("name", few(["phone_number", "wa_number", "display_phone_number"], 1))
def test_a_number_is_found_however_it_is_listed(
    live: Wacb, sandbox: Sandbox, name: str, written: object
):
    make_profile(sandbox)

    def change(row: dict[str, Any]) -> dict[str, Any]:
        number = row.pop("phone_number")
        return {**row, name: written if number == ONE else number}

    assert live(*ATTACH, handler=Altered(sandbox, rows(NUMBERS, change))).code == 0
    assert attached(sandbox, ONE) == FIRST


CARRIED: list[Any] = [
    pytest.param(lambda i: {"callback_profile_id": [i]}, id="an array of one"),
    pytest.param(lambda i: {"callback_profile_id": {"profile_id": i}}, id="an object"),
    pytest.param(
        lambda i: {"callback_profile_id": {"id": i, "title": "H"}}, id="an object with id"
    ),
    pytest.param(lambda i: {"callback_profile_id": i.lower()}, id="lower case"),
    pytest.param(lambda i: {"callback_profile_id": f" {i} "}, id="blanks"),
    pytest.param(lambda i: {"callback_profile": {"profile_id": i}}, id="callback_profile"),
    pytest.param(lambda i: {"callbackProfileId": i}, id="camel case"),
]


@pytest.mark.parametrize("shown", CARRIED)
def test_a_profile_in_use_is_seen_however_it_is_shown(
    live: Wacb, sandbox: Sandbox, shown: Callable[[str], dict[str, Any]]
):
    made = make_attached(sandbox, ONE)
    before = writes(sandbox)

    def change(row: dict[str, Any]) -> dict[str, Any]:
        found = row.pop("callback_profile_id")
        return {**row, **(shown(found) if found else {"callback_profile_id": ""})}

    odd = Altered(sandbox, rows(NUMBERS, change))
    outcome = live("profile", "delete", made, "--yes", handler=odd)
    assert (outcome.code, ONE in outcome.err) == (9, True)
    assert live(*ATTACH, "-o", "json", handler=odd).code == 0
    assert writes(sandbox) == before  # the number has it already


OTHER_WORDS = [
    pytest.param({"callback_profile": "Hook"}, id="its title"),
    pytest.param({"callback_profile_id": 17}, id="a number of its own"),
]


@pytest.mark.parametrize("members", OTHER_WORDS)
def test_what_is_no_id_is_no_evidence_that_another_profile_is_used(
    live: Wacb, sandbox: Sandbox, tmp_path: Path, members: dict[str, object]
):
    made = make_attached(sandbox, ONE)
    make_profile(sandbox, title="Kept")
    before = writes(sandbox)
    odd = Altered(
        sandbox,
        rows(NUMBERS, lambda row: row | members if row.pop("callback_profile_id") else row),
    )
    file = tmp_path / "wacb.toml"
    file.write_text(f"[profiles.a]\ntitle = 'Kept'\nmethod = 'post'\nurl = '{HOOK}'\n")
    outcome = live("profile", "delete", made, "--yes", handler=odd)
    assert (outcome.code, "does not show which profile" in outcome.err) == (9, True)
    pruned = live("apply", "-f", str(file), "--prune", "--yes", handler=odd)
    assert (pruned.code, "is kept: it may be attached" in pruned.err) == (0, True)
    assert writes(sandbox) == before


@pytest.mark.parametrize("value", few([0, {}, None, "", False, [], "null", "0"]))
def test_no_profile_is_seen_however_it_is_shown(live: Wacb, sandbox: Sandbox, value: object):
    made = make_attached(sandbox, TWO)
    odd = rows(
        NUMBERS, lambda row: row | {"callback_profile_id": row["callback_profile_id"] or value}
    )
    assert live(*ATTACH, "--if-current", "", handler=Altered(sandbox, odd)).code == 0
    assert (attached(sandbox, ONE), attached(sandbox, TWO)) == (made, made)
