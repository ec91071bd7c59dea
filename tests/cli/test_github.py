"""`--github`: outputs and a summary for GitHub Actions, whatever the values are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.actions import outputs
from tests.cli.conftest import Showing, Watch, put
from tests.cli.expect import CREATE, NINE, ONE, TITLE, TWO, failed
from tests.conftest import Outcome, Wacb, profile_id
from wacb.sandbox.emulator import Sandbox

FIRST, SECOND = profile_id(1), profile_id(2)
ATTACH = ("number", "attach", "--profile", TITLE, "--github")
HEAD = "| Number | Result | Old profile | New profile | Error |\n| --- | --- | --- | --- | --- |\n"
PROFILE_HEAD = "| Profile | Title | Result |\n| --- | --- | --- |\n"
Github = Callable[..., Outcome]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


@pytest.fixture
def summary(tmp_path: Path) -> Path:
    return tmp_path / "summary"


@pytest.fixture
def github(live: Wacb, output: Path, summary: Path) -> Github:
    """Run a command line as a step of a job does."""
    env = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}

    def run(*line: str, **how: object) -> Outcome:
        return live(*line, env=env, **how)

    return run


def cell(text: str) -> str:
    return text.replace("_", "&#95;").replace("+", "&#43;").replace("-", "-")


def test_a_created_profile(github: Github, output: Path, summary: Path):
    line = (*CREATE, "--if-not-exists", "--github", "-q")
    for result, changed in (("created", "true"), ("unchanged", "false")):
        output.write_text("before=1\n")
        assert github(*line).code == 0
        assert outputs(output) == {"profile_id": FIRST, "result": result, "changed": changed}
        assert output.read_text().startswith("before=1\n")
    rows = [f"| {cell(FIRST)} | {TITLE} | {result} |\n\n" for result in ("created", "unchanged")]
    assert summary.read_text() == "".join(PROFILE_HEAD + row for row in rows)


def test_attached_numbers(github: Github, output: Path, summary: Path, two_profiles: None):
    assert github(*ATTACH, ONE, TWO).code == 0
    assert outputs(output) == {"profile_id": FIRST, "result": "attached", "changed": "true"}
    rows = (f"| {cell(number)} | attached |  | {cell(FIRST)} |  |\n" for number in (ONE, TWO))
    assert summary.read_text() == HEAD + "".join(rows) + "\n"


def test_one_number(github: Github, output: Path, two_profiles: None, sandbox: Sandbox):
    put(sandbox, FIRST)
    assert github(*ATTACH, ONE).code == 0
    assert outputs(output) == {"profile_id": FIRST, "result": "unchanged", "changed": "false"}


def test_several_profiles_have_no_single_id(github: Github, output: Path, two_profiles: None):
    text = f"{ONE},{FIRST}\n{TWO},{SECOND}\n"
    assert github("number", "attach", "--from", "-", "--github", input=text).code == 0
    assert outputs(output) == {"profile_id": "", "result": "attached", "changed": "true"}


def test_a_run_that_fails_in_part_is_reported(
    github: Github, output: Path, summary: Path, two_profiles: None
):
    assert github(*ATTACH, ONE, NINE).code == 9
    assert outputs(output) == {"profile_id": FIRST, "result": "mixed", "changed": "true"}
    assert (
        "| failed |  |  | number &#43;15550100009 is pending; only approved" in summary.read_text()
    )


def test_a_single_number_that_fails_is_reported(
    github: Github, output: Path, summary: Path, two_profiles: None, sandbox: Sandbox
):
    sandbox.add_fault("422,PUT")
    assert github(*ATTACH, ONE).code == 6
    assert outputs(output) == {"profile_id": FIRST, "result": "failed", "changed": "false"}
    assert "| failed |  | " in summary.read_text()


def test_no_value_is_markup_in_the_summary(
    over: Wacb, output: Path, summary: Path, two_profiles: None, sandbox: Sandbox
):
    hostile = b"SG_|<img src=x>`*_[a](http://b)\\nresult=x\\nEOF"
    put(sandbox, SECOND)
    env = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    shown = Showing(sandbox, SECOND.encode(), hostile)
    assert over(shown, *ATTACH, ONE, "--replace", env=env).code == 0
    (row,) = summary.read_text().removeprefix(HEAD).splitlines()[:1]
    assert not set("<>`*_[]()\\") & set(row)
    assert row.count("|") == 6
    assert outputs(output)["result"] == "attached"


SET_BEFORE = "this step has already set these outputs, which are now overwritten"


def test_outputs_that_the_step_had_set_before_are_named(
    github: Github, output: Path, summary: Path
):
    assert github(*CREATE, "--github").err == ""
    told = github(*ATTACH, ONE)
    assert f"warning: {SET_BEFORE}: profile_id, result, changed; use --github only once" in told.err
    assert outputs(output)["result"] == "attached"
    assert f"\n\n**Warning:** {SET_BEFORE}: `profile_id`, `result`" in summary.read_text()


@pytest.mark.parametrize(
    ("before", "named"),
    [
        ("result=a=b<<c\n", ": result; "),
        ("changed<<END\nx\nEND\nresult<<END\nEND\n", ": result, changed; "),
        ("log<<END\nresult=x\nprofile_id<<E\nEND\n", None),
        ("log<<END\nchanged=1\n", None),  # it never ends
        ("results=1\n\nresult\n", None),
        ("a<b=c\nchanged<=1\nresult=1\n", ": result; "),
        (b"\xff<<E\n\xff=\nE\nresult=1\n", ": result; "),
    ],
)
def test_outputs_are_recognized_in_every_form(
    github: Github, output: Path, before: str | bytes, named: str | None
):
    output.write_bytes(before if isinstance(before, bytes) else before.encode())
    told = github(*CREATE, "--github").err
    assert (SET_BEFORE in told) == (named is not None)
    assert (named or "") in told


def test_a_dry_run_reports_nothing(github: Github, output: Path):
    assert github(*CREATE, "--github", "--dry-run").code == 0
    assert output.read_text() == ""


@pytest.mark.parametrize("line", [(*CREATE, "--github"), (*ATTACH, ONE)], ids=["create", "attach"])
def test_outside_of_github_nothing_is_changed(live: Wacb, untouched: Watch, line: tuple[str, ...]):
    with untouched():
        assert live(*line) == failed(
            2,
            "--github requires the variable GITHUB_OUTPUT",
            "use --github in a job of GitHub Actions, which sets it",
        )


def test_a_rejected_number_is_reported(
    github: Github, output: Path, summary: Path, two_profiles: None
):
    assert github(*ATTACH, NINE).code == 9
    assert outputs(output) == {"profile_id": "", "result": "failed", "changed": "false"}
    assert "is pending; only approved" in summary.read_text()


@pytest.mark.parametrize("name", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
@pytest.mark.parametrize("line", [(*CREATE, "--github"), (*ATTACH, ONE)], ids=["create", "attach"])
def test_an_unwritable_file_is_reported_before_any_change(
    live: Wacb, sandbox: Sandbox, tmp_path: Path, line: tuple[str, ...], name: str
):
    env = {"GITHUB_OUTPUT": str(tmp_path / "output"), name: str(tmp_path)}
    assert live(*line, env=env) == failed(
        3,
        f"cannot access {tmp_path}: Is a directory",
        "check GITHUB_OUTPUT and GITHUB_STEP_SUMMARY",
    )
    assert sandbox.requests() == []
