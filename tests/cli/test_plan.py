"""`wacb plan`: the changes that a file asks for, in every form, and what is refused."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Showing, Watch, ask, put, writes
from tests.cli.expect import BODY, HOOK, MEMBERS, NINE, ONE, QUERY, THREE, TWO, done, failed
from tests.cli.manifests import ENV, TOKEN, Manifest
from tests.conftest import Outcome, Wacb, profile_id
from wacb.sandbox.emulator import Sandbox

FIRST, SECOND = profile_id(1), profile_id(2)
PROFILES = "/v1/SID/callback/profiles"


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return Manifest(tmp_path / "wacb.toml")


def drift(sandbox: Sandbox, profile: str, **changes: str) -> None:
    """Edit a profile in the console."""
    ask(sandbox, "PATCH", f"{PROFILES}/{profile}", changes)


def checksum(outcome: Outcome) -> str:
    sum = outcome.out.splitlines()[-1].removeprefix("checksum ")
    assert len(sum) == 64
    return sum


def in_one_line(outcome: Outcome) -> Outcome:
    """The outcome with stderr as if the terminal were wide enough for the path in it."""
    return replace(outcome, err=outcome.err.replace("next:\n", "next: "))


def test_a_first_plan_for_eyes(on_screen: Wacb, manifest: Manifest, untouched: Watch):
    with untouched():
        outcome = on_screen("plan", *manifest.file, "--color", "never", **manifest.how)
    assert in_one_line(outcome) == done(
        f"""\
+ create  profile incoming
    title             Incoming messages
    method            POST
    url               https://example.com/hook
    headers           x-token: ${{HOOK_TOKEN}}
    placeholders      14/14
+ create  profile second
    title             Second hook
    method            GET
    url               https://example.com/get?a=1
    placeholders      14/14
~ attach  number {ONE}
    profile: none → incoming
~ attach  number {TWO}
    profile: none → second

2 to create, 2 to attach, 0 unchanged
checksum {checksum(outcome)}""",
        f"next: wacb apply -f {manifest.path}",
    )


def test_a_plan_of_what_cannot_be_read_again_has_no_next_command(
    on_screen: Wacb, manifest: Manifest
):
    fifo = manifest.path.with_name("fifo")
    os.mkfifo(fifo)
    with ThreadPoolExecutor() as pool:
        pool.submit(fifo.write_text, manifest.path.read_text())
        outcome = on_screen("plan", "-f", str(fifo), **manifest.how)
    assert (outcome.code, outcome.err) == (0, "")


def test_a_method_may_come_from_a_variable(on_screen: Wacb, manifest: Manifest):
    line = ("plan", *manifest.file)
    written = on_screen(*line, **manifest.how)
    manifest.edit('method = "get"', 'method = "${METHOD}"')
    assert on_screen(*line, env=ENV | {"METHOD": "get"}) == written


def test_what_changed_in_the_console_is_shown_where_it_changed(
    on_screen: Wacb, live: Wacb, manifest: Manifest, sandbox: Sandbox
):
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    body = {name: mark for name, mark in MEMBERS.items() if name != "reply_to"}
    drift(sandbox, FIRST, body=json.dumps(body | {"extra": "1"}), headers="{}")
    elsewhere = "https://elsewhere.example.com/one/longer/path/to/the/same/hook/as/before"
    query = QUERY.replace("&from=<from>", "")
    drift(sandbox, SECOND, url=f"{elsewhere}?a=1&{query}", response_message="ok")
    put(sandbox, SECOND)
    outcome = on_screen("plan", *manifest.file, "--color", "always", **manifest.how)
    assert in_one_line(outcome) == done(
        f"""\
\x1b[33m~ update  profile incoming ({FIRST})\x1b[0m
    body.extra: *** → none
    body.reply_to: none → <reply_to>
    headers: none → x-token: ${{HOOK_TOKEN}}
\x1b[33m~ update  profile second ({SECOND})\x1b[0m
    url: {elsewhere}
       → https://example.com/get
    url query: none → from=<from>
\x1b[33m~ attach  number {ONE}\x1b[0m
    profile: {SECOND} (Second hook) → incoming

\x1b[1m2 to update, 1 to attach, 1 unchanged\x1b[0m
checksum {checksum(outcome)}""",
        f"next: wacb apply -f {manifest.path}",
    )


def test_a_narrow_terminal_breaks_no_id(
    on_screen: Wacb,
    live: Wacb,
    manifest: Manifest,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
):
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    drift(sandbox, SECOND, url=f"https://example.com/get?{QUERY}&a=1")
    monkeypatch.setenv("COLUMNS", "60")
    outcome = on_screen("plan", *manifest.file, "--color", "never", **manifest.how)
    assert outcome.out.startswith(f"~ update  profile second\n    ({SECOND})\n")


def test_the_order_of_a_query_is_drift_too(
    on_screen: Wacb, live: Wacb, manifest: Manifest, sandbox: Sandbox
):
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    url = f"https://example.com/get?{QUERY}"
    drift(sandbox, SECOND, url=f"{url}&a=1")
    outcome = on_screen("plan", *manifest.file, "--color", "never", **manifest.how)
    assert outcome.out.splitlines()[:3] == [
        f"~ update  profile second ({SECOND})",
        f"    url: {url}&a=1",
        f"       → https://example.com/get?a=1&{QUERY}",
    ]


def test_another_endpoint_is_shown_without_its_query(
    on_screen: Wacb, live: Wacb, manifest: Manifest
):
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    manifest.edit("example.com/get", "example.com/other")
    outcome = on_screen("plan", *manifest.file, "--color", "never", **manifest.how)
    assert outcome.out.splitlines()[:3] == [
        f"~ update  profile second ({SECOND})",
        "    url: https://example.com/get → https://example.com/other",
        "",
    ]


def test_rows_have_complete_values(live: Wacb, manifest: Manifest, untouched: Watch):
    with untouched():
        outcome = live("plan", *manifest.file, **manifest.how)
    body = ", ".join(f'"{name}": "{mark}"' for name, mark in MEMBERS.items())
    rows = [
        ("create", "profile", "incoming", "", "title", "", "Incoming messages"),
        ("create", "profile", "incoming", "", "method", "", "POST"),
        ("create", "profile", "incoming", "", "url", "", HOOK),
        ("create", "profile", "incoming", "", "body", "", f"{{{body}}}"),
        ("create", "profile", "incoming", "", "headers", "", "x-token: ${HOOK_TOKEN}"),
        ("create", "profile", "second", "", "title", "", "Second hook"),
        ("create", "profile", "second", "", "method", "", "GET"),
        ("create", "profile", "second", "", "url", "", f"https://example.com/get?a=1&{QUERY}"),
        ("attach", "number", ONE, "", "profile", "", "incoming"),
        ("attach", "number", TWO, "", "profile", "", "second"),
    ]
    assert outcome == done("\n".join("\t".join(row) for row in rows))
    names = f"incoming\nsecond\n{ONE}\n{TWO}"
    assert live("plan", *manifest.file, "-q", **manifest.how) == done(names)


def test_json_and_markdown(live: Wacb, manifest: Manifest, sandbox: Sandbox):
    manifest.edit(f'"{ONE}" = "incoming"', "")
    profile = {"title": "Second hook", "http_method": "GET", "url": f"{HOOK}?{QUERY}"}
    ask(sandbox, "POST", PROFILES, profile)
    ask(sandbox, "POST", PROFILES, profile | {"title": "Another"})
    put(sandbox, SECOND, TWO)
    outcome = live("plan", *manifest.file, "-o", "json", **manifest.how)
    value = json.loads(outcome.out)
    created = {
        "title": "Incoming messages",
        "method": "POST",
        "url": HOOK,
        "body": MEMBERS,
    }
    url = f"https://example.com/get?a=1&{QUERY}"
    assert value == {
        "changes": [
            {
                "action": "create",
                "kind": "profile",
                "name": "incoming",
                "id": None,
                "fields": {name: {"old": None, "new": new} for name, new in created.items()}
                | {"headers": {"old": {}, "new": {"x-token": "${HOOK_TOKEN}"}}},
            },
            {
                "action": "update",
                "kind": "profile",
                "name": "second",
                "id": FIRST,
                "fields": {"url": {"old": f"{HOOK}?{QUERY}", "new": url}},
            },
            {
                "action": "attach",
                "kind": "number",
                "name": TWO,
                "id": None,
                "fields": {"profile": {"old": SECOND, "new": "second"}},
            },
        ],
        "unchanged": 0,
        "checksum": value["checksum"],
        "problems": [],
    }
    shown = live("plan", *manifest.file, "-o", "markdown", **manifest.how)
    lines = shown.out.splitlines()
    assert lines[:4] == [
        "1 to create, 1 to update, 1 to attach, 0 unchanged",
        "",
        "| Action | Kind | Name | Field | Old | New |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    assert lines[4] == "| create | profile | incoming | title |  | Incoming messages |"
    cell = FIRST.replace("_", "&#95;")
    assert lines[9] == (
        f"| update | profile | second &#40;{cell}&#41; | url | https&#58;//example.com/hook "
        "| https&#58;//example.com/get |"
    )
    assert lines[-1] == f"checksum `{value['checksum']}`"
    assert TOKEN not in outcome.out + shown.out + outcome.err + shown.err


def test_a_plan_without_a_change_says_so(live: Wacb, on_screen: Wacb, manifest: Manifest):
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    shown = on_screen("plan", *manifest.file, "--detailed-exitcode", **manifest.how)
    assert shown == done("\x1b[1mNo changes. 4 resources match the file.\x1b[0m")
    assert live("plan", *manifest.file, **manifest.how) == done()
    assert live("plan", *manifest.file, "-q", **manifest.how) == done()
    value = json.loads(live("plan", *manifest.file, "-o", "json", **manifest.how).out)
    assert (value["changes"], value["unchanged"]) == ([], 4)
    markdown = live("plan", *manifest.file, "-o", "markdown", **manifest.how)
    assert markdown == done(
        f"No changes. 4 resources match the file.\n\nchecksum `{value['checksum']}`"
    )


def test_no_cell_of_markdown_steers_a_terminal_or_holds_a_secret(
    live: Wacb, manifest: Manifest, sandbox: Sandbox
):
    hostile = {"title": "old_secret_title", "http_method": "POST", "url": HOOK, "body": BODY}
    ask(sandbox, "POST", PROFILES, hostile)
    ask(sandbox, "PATCH", f"{PROFILES}/{FIRST}", {"response_message": "a\x1bc\u202e| <b>"})
    manifest.write(
        f"""
        [profiles.incoming]
        title = "old_secret_title"
        method = "post"
        url = "{HOOK}"
        response_message = "new"
        [numbers]
        "{ONE}" = "${{N}}"
        """
    )
    env = {"N": "old_secret_title"}
    outcome = live("plan", *manifest.file, "-o", "markdown", env=env)
    assert "| a&#92;x1bc&#92;u202e&#124; &#60;b&#62; | new |\n" in outcome.out
    assert "old_secret" not in outcome.out.replace("&#95;", "_")


def test_what_forbids_a_plan_is_in_every_report(live: Wacb, manifest: Manifest, tmp_path: Path):
    manifest.edit(f'"{TWO}"', f'"{NINE}"')
    output, summary = tmp_path / "output", tmp_path / "summary"
    env = ENV | {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    outcome = live("plan", *manifest.file, "--github", "-o", "json", env=env)
    assert outcome.code == 9
    (problem,) = json.loads(outcome.out)["problems"]
    assert (problem["code"], "is pending" in problem["message"]) == ("refused", True)
    assert (
        "| Blocking problem |\n| --- |\n| number &#43;15550100009 is pending" in summary.read_text()
    )


def test_a_report_names_commands_that_reach_the_account(live: Wacb, manifest: Manifest):
    manifest.edit(TWO, "+15550100077")
    line = ("plan", *manifest.file, "--region", "in", "-o")
    hint = "run `wacb --region in number list` to see available numbers"
    (problem,) = json.loads(live(*line, "json", **manifest.how).out)["problems"]
    assert problem["hint"] == hint
    shown = live(*line, "markdown", **manifest.how).out
    assert shown.endswith(f"not found in this WABA; {hint.replace('`', '&#96;')} |\n")


def test_titles_of_a_file_that_are_spelled_alike(live: Wacb, manifest: Manifest):
    manifest.edit("Second hook", "incoming  MESSAGES")
    both = live("plan", *manifest.file, **manifest.how)
    why = "its title differs from another one in the file only in case or spaces; use another title"
    lines = [f"  profile {name} cannot be created: {why}" for name in ("incoming", "second")]
    assert both == failed(2, "\n".join(("this plan has 2 blocking problems", *lines)))
    live("profile", "create", "--method", "post", "--title", "Incoming messages", "--url", HOOK)
    second = live("plan", *manifest.file, "-q", **manifest.how)
    assert second.err.startswith("error: profile second cannot be created")


def test_a_plan_without_a_change_of_one_resource(live: Wacb, manifest: Manifest):
    manifest.write(f'[profiles.one]\ntitle = "One hook"\nmethod = "post"\nurl = "{HOOK}"\n')
    assert live("apply", *manifest.file, "--yes").code == 0
    shown = live("plan", *manifest.file, "-o", "markdown").out
    assert shown.startswith("No changes. 1 resource matches the file.\n")


def test_a_long_plan_is_cut_in_markdown(live: Wacb, manifest: Manifest):
    tables = (
        f'[profiles.p{n}]\ntitle = "Title {n}"\nmethod = "post"\nurl = "{HOOK}/{n}"\n'
        for n in range(300)
    )
    manifest.write("".join(tables))
    lines = live("plan", *manifest.file, "-o", "markdown").out.splitlines()
    rows = [line for line in lines if line.startswith("| create |")]
    assert (len(rows), lines[4 + 1000]) == (1000, "| … | more rows not shown |  |  |  |  |")


def test_another_method_is_shown_with_its_template_counted(
    on_screen: Wacb, live: Wacb, manifest: Manifest
):
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    manifest.edit('method = "get"', 'method = "post"')
    outcome = on_screen("plan", *manifest.file, "--color", "never", **manifest.how)
    assert "    body: none → 14/14 placeholders\n" in outcome.out


def test_pending_changes_are_exit_10_where_that_is_asked_for(live: Wacb, manifest: Manifest):
    plain = live("plan", *manifest.file, **manifest.how)
    assert plain.code == 0
    asked = live("plan", *manifest.file, "--detailed-exitcode", **manifest.how)
    assert (asked.code, asked.out, asked.err) == (10, plain.out, "")


def test_the_checksum_changes_with_the_account(live: Wacb, manifest: Manifest):
    line = ("plan", *manifest.file, "-o", "json")
    sums = {
        json.loads(live(*line, env=ENV | more).out)["checksum"]
        for more in ({}, {}, {"WACB_REGION": "eu"})
    }
    assert len(sums) == 2


def test_a_plan_takes_one_listing_of_each(live: Wacb, manifest: Manifest, sandbox: Sandbox):
    assert live("apply", *manifest.file, "--yes", **manifest.how).code == 0
    before = len(sandbox.requests())
    assert live("plan", *manifest.file, "--prune", **manifest.how).code == 0
    asked = [(request.method, request.path) for request in sandbox.requests()[before:]]
    assert sorted(path.rpartition("/")[2] for _, path in asked) == ["number", "profiles"]


def test_a_file_without_numbers_needs_no_waba_id(live: Wacb, manifest: Manifest):
    text = manifest.path.read_text()
    manifest.write(text.partition("[numbers]")[0])
    outcome = live("plan", *manifest.file, "-q", env=ENV | {"WACB_WABA_ID": ""})
    assert outcome == Outcome(
        code=0,
        out="incoming\nsecond\n",
        err="note: profiles incoming and second are not used by any number in the file\n",
    )
    for line in ((), ("--prune",)):
        manifest.write(text)
        outcome = live("plan", *manifest.file, *line, env=ENV | {"WACB_WABA_ID": ""})
        assert (outcome.code, outcome.out) == (3, "")
        assert "WABA ID" in outcome.err


def test_problems_are_all_told_after_the_plan(live: Wacb, manifest: Manifest, sandbox: Sandbox):
    manifest.edit(f'"{TWO}"', f'"{NINE}"')
    manifest.edit("[numbers]", f'[numbers]\n"{THREE}" = "No such"')
    outcome = live("plan", *manifest.file, "-q", **manifest.how)
    assert outcome == Outcome(
        code=1,
        out=f"incoming\nsecond\n{ONE}\n",
        err="error: this plan has 2 blocking problems\n"
        f"  number {NINE} is pending; only approved numbers can be changed; finish its "
        "registration in the Kaleyra console first\n"
        f"  number {THREE}: no profile named 'No such' in the file or the account; choose from: "
        "incoming, second\n",
    )
    manifest.edit(f'"{THREE}" = "No such"', "")
    alone = live("plan", *manifest.file, "-q", "--detailed-exitcode", **manifest.how)
    assert (alone.code, alone.out) == (9, f"incoming\nsecond\n{ONE}\n")
    unlisted = (f'"+1777000{n:04}" = "second"' for n in range(22))
    manifest.edit(f'"{NINE}" = "second"', "\n".join(unlisted))
    many = live("plan", *manifest.file, "-q", **manifest.how)
    assert many.code == 5
    assert many.err.splitlines()[0] == "error: this plan has 22 blocking problems"
    assert many.err.splitlines()[-1] == "  and 2 more"
    value = json.loads(live("plan", *manifest.file, "-o", "json", **manifest.how).err)
    assert len(value["error"].pop("details")) == 21
    assert value["error"]["message"] == "this plan has 22 blocking problems"


@pytest.mark.parametrize("line", [("plan",), ("apply", "--yes"), ("apply", "--dry-run")], ids=str)
def test_a_file_with_faults_is_refused_before_any_request(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, line: tuple[str, ...]
):
    manifest.edit('method = "post"', 'method = "pst"')
    manifest.edit(f'"{TWO}"', '"0015550100001"')
    outcome = live(*line, *manifest.file, **manifest.how)
    assert (outcome.code, outcome.out, sandbox.requests()) == (2, "", [])
    assert outcome.err.startswith(f"error: {manifest.path} has 2 problems\n  [profiles.incoming] ")
    missing = live(*line, "-f", "nowhere.toml")
    assert missing == failed(
        2,
        "cannot read the manifest nowhere.toml: No such file or directory",
        "pass one with -f, or create it with `wacb export`",
    )


def test_a_fault_that_takes_two_lines_is_indented(on_screen: Wacb, manifest: Manifest):
    manifest.edit('method = "post"', 'methods = "post"')
    err = on_screen("plan", *manifest.file, env=manifest.how["env"] | {"NO_COLOR": "1"}).err
    first, second, *_ = err.partition("  [profiles.incoming] methods: ")[2].splitlines()
    assert first.startswith("is not a valid key; did you mean method? choose from: ")
    assert re.match("  [a-z]", second)


@pytest.mark.parametrize("line", [("plan",), ("apply", "--yes")], ids=str)
def test_an_empty_file_prunes_nothing(
    live: Wacb, manifest: Manifest, sandbox: Sandbox, line: tuple[str, ...]
):
    manifest.write("")
    for options, name in ((manifest.file, manifest.path), (("-f", "-"), "stdin")):
        assert live(*line, *options, "--prune") == failed(
            2,
            f"{name} is empty, and --prune would remove everything else",
            "check that this is the right file; add an empty table [numbers] if it is",
        )
    assert sandbox.requests() == []


def test_the_file_may_be_piped_and_is_wacb_toml_by_default(
    live: Wacb, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
):
    text = manifest.path.read_text()
    names = live("plan", "-q", "-f", "-", input=text, **manifest.how).out
    monkeypatch.chdir(manifest.path.parent)
    assert live("plan", "-q", **manifest.how).out == names == f"incoming\nsecond\n{ONE}\n{TWO}\n"


def test_a_number_whose_profile_is_not_shown_is_attached_unless_the_journal_agrees(
    over: Wacb, manifest: Manifest, sandbox: Sandbox
):
    hidden = Showing(sandbox, b"callback_profile_id", b"hidden")
    outcome = over(hidden, "plan", *manifest.file, "-o", "table", **manifest.how)
    assert "    profile: not shown by the API → incoming\n" in outcome.out
    assert over(hidden, "apply", *manifest.file, "--yes", **manifest.how).code == 0
    believed = "numbers whose profile the API does not show count as unchanged according to the"
    assert over(hidden, "plan", *manifest.file, "--detailed-exitcode", **manifest.how) == done(
        err=f"note: {believed} journal: 2"
    )


def test_a_profile_that_prune_would_delete_has_its_title_and_id(
    live: Wacb, on_screen: Wacb, manifest: Manifest, sandbox: Sandbox
):
    ask(
        sandbox,
        "POST",
        PROFILES,
        {"title": "Old hook", "http_method": "POST", "url": HOOK, "body": BODY},
    )
    put(sandbox, FIRST, THREE)
    manifest.write("[numbers]\n")
    assert on_screen("plan", *manifest.file, **manifest.how).out.startswith("\x1b[1mNo changes.")
    outcome = on_screen("plan", *manifest.file, "--prune", "--color", "never", **manifest.how)
    assert outcome.out.splitlines()[:-1] == [
        f"- detach  number {THREE}",
        f"    profile: {FIRST} (Old hook) → none",
        f"- delete  profile Old hook ({FIRST})",
        "",
        "1 to detach, 1 to delete, 0 unchanged",
    ]
    rows = live("plan", *manifest.file, "--prune", **manifest.how).out
    assert rows == (
        f"detach\tnumber\t{THREE}\t\tprofile\t{FIRST}\t\ndelete\tprofile\tOld hook\t{FIRST}\t\t\t\n"
    )
    markdown = live("plan", *manifest.file, "--prune", "-o", "markdown", **manifest.how).out
    cell = FIRST.replace("_", "&#95;")
    assert f"\n| delete | profile | Old hook &#40;{cell}&#41; |  |  |  |\n" in markdown
    assert not [request for request in writes(sandbox) if request.method == "DELETE"]
