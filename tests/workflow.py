"""Runs the steps of workflows and composite actions as the runner of GitHub Actions does."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.actions import outputs
from tests.conftest import Outcome

PROJECT = Path(__file__).parents[1]
ACTION = "kaleyra-wacb/wacb/.github/actions/setup-wacb@main"
_SHELLS = {None: ("bash", "-e"), "bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail")}
_PROGRAMS = Path(sys.executable).parent
# What installs wacb, replaced: `pip` writes down what it was asked for, an environment is a folder.
_PIP = 'echo "$*" >> {log}'
_PYTHON = """\
if [ "$2" != venv ]; then exec {python} "$@"; fi
for folder; do :; done
mkdir -p "$folder/bin"
ln -sf {pip} "$folder/bin/pip"
ln -sf {wacb} "$folder/bin/wacb"
"""


class StandIns:
    """Stand-ins for `pip` and `python3 -m venv`, which install the program that is here already."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self._log = folder / "log"
        names = {"log": self._log, "python": sys.executable, "pip": folder / "pip"}
        names["wacb"] = _PROGRAMS / "wacb"
        for name, script in (("pip", _PIP), ("python3", _PYTHON)):
            quoted = {key: shlex.quote(str(value)) for key, value in names.items()}
            (folder / name).write_text("#!/bin/bash\n" + script.format(**quoted))
            (folder / name).chmod(0o755)

    @property
    def installed(self) -> list[str]:
        """What `pip install` was asked for, each with its options."""
        return self._log.read_text().splitlines()


class Job:
    """A job whose steps run one after the other; `outputs` holds those of each step by its ID."""

    def __init__(self, folder: Path, environ: Mapping[str, str], *before: Path, **context: Any):
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.context: dict[str, Any] = {"steps": {}, **context}
        self._environ = {"HOME": str(folder), "RUNNER_TEMP": str(folder), "CI": "true", **environ}
        self._path = os.pathsep.join(map(str, (*before, _PROGRAMS, os.environ["PATH"])))

    @property
    def outputs(self) -> dict[str, dict[str, str]]:
        return {name: step["outputs"] for name, step in self.context["steps"].items()}

    @property
    def summary(self) -> str:
        return (self.folder / "summary").read_text()

    def run(self, steps: Sequence[Mapping[str, Any]], **environ: str) -> Outcome:
        """Run steps until one fails; return what they printed."""
        code, out, err = 0, "", ""
        for step in steps:
            if code == 0 and self._is_wanted(step):
                done = self._run_step(step, {**environ, **self.fill(step.get("env", {}))})
                code, out, err = done.code, out + done.out, err + done.err
        return Outcome(code=code, out=out, err=err)

    def _run_step(self, step: Mapping[str, Any], environ: Mapping[str, str]) -> Outcome:
        if step.get("uses") in (ACTION, "./.github/actions/setup-wacb"):
            outcome, outs = self._run_action(step.get("with", {}), environ)
        elif "uses" in step:  # a checkout, or a setup of Python
            return Outcome(code=0, out="", err="")
        else:
            assert "${{" not in step["run"]
            outcome, outs = self._run_script(step, environ)
        if "id" in step:
            self.context["steps"][step["id"]] = {"outputs": outs}
        return outcome

    def _run_action(
        self, given: Mapping[str, Any], environ: Mapping[str, str]
    ) -> tuple[Outcome, dict[str, str]]:
        folder = PROJECT / ".github" / "actions" / "setup-wacb"
        action = yaml.safe_load((folder / "action.yml").read_text())
        assert given.keys() <= action["inputs"].keys()
        inputs = {name: each["default"] for name, each in action["inputs"].items()}
        inputs |= {name: _text(value) for name, value in given.items()}
        inside = Job(self.folder, self._environ, inputs=inputs)
        inside._path = self._path
        outcome = inside.run(action["runs"]["steps"], GITHUB_ACTION_PATH=str(folder), **environ)
        self._path = inside._path
        outs = {name: each["value"] for name, each in action["outputs"].items()}
        return outcome, inside.fill(outs)

    def _run_script(
        self, step: Mapping[str, Any], environ: Mapping[str, str]
    ) -> tuple[Outcome, dict[str, str]]:
        number = len([*self.folder.glob("output-*")])
        output, path = (self.folder / f"{name}-{number}" for name in ("output", "path"))
        for file in (output, path):
            file.write_text("")
        files = {"GITHUB_OUTPUT": output, "GITHUB_PATH": path}
        files["GITHUB_STEP_SUMMARY"] = self.folder / "summary"
        done = subprocess.run(
            [*_SHELLS[step.get("shell")], "-c", step["run"]],
            cwd=self.folder,
            env={
                **self._environ,
                "PATH": self._path,
                **environ,
                **{k: str(files[k]) for k in files},
            },
            capture_output=True,
            text=True,
            check=False,
        )
        self._path = os.pathsep.join([*reversed(path.read_text().splitlines()), self._path])
        return Outcome(code=done.returncode, out=done.stdout, err=done.stderr), outputs(output)

    def _is_wanted(self, step: Mapping[str, Any]) -> bool:
        if "if" not in step:
            return True
        condition = re.fullmatch(r"([\w.-]+) != '(\w+)'", step["if"])
        assert condition, step["if"]
        return self._value(condition[1]) != condition[2]

    def fill(self, values: Mapping[str, Any]) -> dict[str, str]:
        """Put in what `${{ }}` names; nothing where there is no such thing."""
        return {
            name: re.sub(
                r"\$\{\{ *([\w.-]+) *\}\}", lambda found: self._value(found[1]), _text(value)
            )
            for name, value in values.items()
        }

    def _value(self, name: str) -> str:
        value: Any = self.context
        for part in name.split("."):
            value = value.get(part, {})
        return str(value or "")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
