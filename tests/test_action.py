"""The action `setup-wacb`: its shell on the sandbox, with everything that an input may hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.conftest import Outcome
from tests.examples import pairs
from tests.fault_server import FaultServer, answer
from tests.workflow import ACTION, PROJECT, Job, StandIns

ONE, TWO = "+15550100001", "+15550100002"


@pytest.fixture
def stand_ins(tmp_path: Path) -> StandIns:
    return StandIns(tmp_path / "bin")


@pytest.fixture
def job(tmp_path: Path, stand_ins: StandIns) -> Job:
    return Job(tmp_path / "job", {"WACB_SANDBOX": "1"}, stand_ins.folder)


@pytest.fixture
def endpoint() -> Iterator[str]:
    with FaultServer(answer(204)) as server:
        yield f"{server.url}/hook"


def use(job: Job, **inputs: str) -> Outcome:
    """Use the action with inputs, whose names may have _ for -."""
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    return job.run([{"id": "wacb", "uses": ACTION, "with": given}])


def test_it_sets_up_and_changes_nothing_the_second_time(job: Job, endpoint: str):
    seen = []
    for result, changed in (("created", "true"), ("unchanged", "false")):
        outcome = use(
            job, endpoint=endpoint, numbers=f"{ONE}\n{TWO}\n", title="support", send="true"
        )
        assert outcome.code == 0, outcome.err
        outs = job.outputs["wacb"]
        assert (outs["result"], outs["changed"]) == (result, changed)
        assert "verify delivery\tok" in outcome.out
        seen.append(outs["profile-id"])
    assert seen[0] == seen[1] != ""
    assert "| profile | unchanged |" in job.summary
    listed = job.run([{"run": "wacb number list -q; wacb profile list"}])
    assert listed.out.count("support") == 1


def test_the_job_of_our_own_workflow_passes(job: Job):
    workflow = yaml.safe_load((PROJECT / ".github" / "workflows" / "ci.yml").read_text())
    spec = workflow["jobs"]["action"]
    outcome = job.run(spec["steps"], **spec["env"])
    assert outcome.code == 0, outcome.err


def test_inputs_become_options(job: Job, endpoint: str):
    other = job.run([{"uses": ACTION, "with": {"install-only": True}}, {"run": "true"}])
    assert (other.code, job.outputs) == (0, {})
    created = f"wacb profile create --method post --url {endpoint}/other --title support -q"
    attach = f"wacb number attach {ONE} --profile support"
    assert job.run([{"run": f"{created}\n{attach}"}]).code == 0
    inputs = {"endpoint": endpoint, "numbers": ONE, "title": "other", "method": "put"}
    refused = use(job, **inputs)
    assert refused.code == 9
    assert job.outputs["wacb"]["result"] == "failed"
    done = use(job, **inputs, replace="true", verify="false")
    assert (done.code, "verify" in done.out) == (0, False)
    assert job.outputs["wacb"]["result"] == "created"
    updated = use(job, **{**inputs, "method": "post"}, update_existing="true", verify="false")
    assert (updated.code, job.outputs["wacb"]["result"]) == (0, "updated")


def test_without_inputs_the_environment_counts(job: Job, endpoint: str):
    step = {"uses": ACTION, "env": {"WACB_ENDPOINT": endpoint, "WACB_NUMBER": ONE}}
    assert job.run([step]).code == 0
    assert use(job).err.startswith(
        "error: missing: the endpoint (--url or WACB_ENDPOINT), a number"
    )


def test_it_installs_its_own_version_or_the_one_that_is_named(job: Job, stand_ins: StandIns):
    for version in ("", "v0.2.0"):
        assert use(job, install_only="true", version=version).code == 0
    own, named = stand_ins.installed
    assert Path(own.split()[-1]).resolve() == PROJECT
    assert named.endswith(" git+https://github.com/kaleyra-wacb/wacb@v0.2.0")


HOSTILE = (
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "--help",
    "-v --dry-run",
    "x\ntouch pwned",
    "::set-output name=result::pwned",
    "*",
    "${{ secrets.WACB_API_KEY }}",
    "é \\ %0A",
)
INPUTS = ("endpoint", "numbers", "title", "method", "replace", "verify", "version")


@pairs(INPUTS, HOSTILE)
def test_no_input_is_run_or_taken_for_an_option(job: Job, endpoint: str, row: str, column: str):
    inputs = {"endpoint": endpoint, "numbers": ONE, "title": "support", "verify": "false"}
    outcome = use(job, **{**inputs, row: column})
    made = job.run([{"run": "wacb profile list"}]).out
    is_title = row == "title" and column.startswith("-")  # which a title may
    assert outcome.code == (0 if is_title else 2), outcome
    assert made.split("\t")[1:2] == [column] * is_title
    assert not [*job.folder.glob("**/pwned")]
    assert not [line for line in outcome.out.splitlines() if line.startswith("::set-output")]


def test_an_old_python_is_refused(job: Job, stand_ins: StandIns):
    (stand_ins.folder / "python3").write_text("#!/bin/bash\nexit 1\n")
    outcome = use(job, install_only="true")
    assert outcome.code == 3
    assert outcome.out.startswith(
        "::error::wacb needs Python 3.11 or newer: run actions/setup-python"
    )
