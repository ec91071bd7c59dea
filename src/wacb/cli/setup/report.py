"""The report of `wacb setup`, as output and for GitHub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from wacb.cli.app import App
from wacb.cli.github import markdown_table, write_github
from wacb.cli.render import Column
from wacb.cli.views import View, members, record_json
from wacb.cli.views.numbers import NUMBER_RESULT, status_words
from wacb.cli.views.profiles import PROFILE_RESULT
from wacb.cli.views.verify import CHECK_RESULT, check_words
from wacb.errors import WacbError
from wacb.provision.number_change import NumberResult
from wacb.provision.steps import ProfileResult
from wacb.verify.result import CheckResult


class Step(NamedTuple):
    """One line of the report."""

    step: str
    result: str
    detail: str


_STEP = View(
    as_json=record_json,
    columns=(
        Column("STEP", keep=True, style="bold"),
        Column("RESULT", keep=True, state=True),
        Column("DETAIL", wrap=True),
    ),
    cells=members("step", "result", "detail"),
    id="step",
)


@dataclass
class SetupReport:
    """What was done so far: the profile, the numbers and the checks afterwards."""

    profile: ProfileResult | None = None
    numbers: Sequence[NumberResult] = ()
    checks: Sequence[CheckResult] = ()

    @property
    def profile_id(self) -> str:
        """The ID of the profile, "" if there is none."""
        return self.profile.profile.id if self.profile else ""


@contextmanager
def reporting(app: App, *, github: bool) -> Iterator[SetupReport]:
    """Print what was done, even if the rest fails; with `github`, write the outputs."""
    report, refused = SetupReport(), []
    try:
        yield report
    except WacbError as error:
        detail = "; ".join((error.message, *error.details))
        refused = [Step("setup", "failed", detail)]
        raise
    finally:
        steps = [*_steps(report)] or refused
        if report.profile:
            app.out.steps(steps, _STEP, whole=_as_json(report), id=report.profile_id)
        if github:
            _write_github(app, report, steps)


def _as_json(report: SetupReport) -> Mapping[str, Any]:
    return {
        "profile": report.profile and PROFILE_RESULT.as_json(report.profile),
        "numbers": [*map(NUMBER_RESULT.as_json, report.numbers)],
        "verify": [*map(CHECK_RESULT.as_json, report.checks)],
    }


def _steps(report: SetupReport) -> Iterator[Step]:
    if report.profile:
        profile = report.profile.profile
        yield Step("profile", report.profile.status, f"'{profile.title}' ({profile.id})")
    for item in report.numbers:
        old = item.change.replaced
        replaced = f"instead of {old}" if item.status == "attached" and old else ""
        detail = item.error.message if item.error else replaced
        yield Step(item.change.number, status_words(item), detail)
    for check in report.checks:
        yield Step(f"verify {check.name}", check_words(check.ok), check.detail)


def _write_github(app: App, report: SetupReport, steps: Sequence[Step]) -> None:
    """Write one set of outputs; `result` is the most telling one of profile and numbers."""
    statuses = [report.profile.status] if report.profile else []
    failed = not report.profile or any(item.error for item in report.numbers)
    statuses += [item.status for item in report.numbers if item.status]
    changed = [status for status in statuses if status != "unchanged"]
    outputs = {
        "profile_id": report.profile_id,
        "result": "failed" if failed else (changed or ["unchanged"])[0],
        "changed": str(bool(changed)).lower(),
    }
    write_github(app, outputs, markdown_table(app, ("Step", "Result", "Detail"), steps))
