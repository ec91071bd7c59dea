"""`wacb api openapi`: a valid document, which agrees with emulator, assumptions and requests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename

from tests.cli.conftest import ReadyLine
from tests.cli.expect import ONE
from tests.conftest import Wacb
from tests.contract import find_fault
from tests.documents import PROJECT
from tests.examples import few
from wacb.api.assumptions import ASSUMPTIONS
from wacb.api.assumptions.callbacks import CALLBACKS
from wacb.config.regions import REGIONS
from wacb.sandbox.account import API_KEY, SID, WABA_ID


@pytest.fixture
def document(wacb: Wacb) -> Any:
    outcome = wacb("api", "openapi", "-o", "json")
    assert (outcome.code, outcome.err) == (0, "")
    return json.loads(outcome.out)


def test_the_document_is_valid(document: Any):
    assert document["openapi"].startswith("3.1.")
    validate(document)


def test_it_is_printed_as_yaml_too(wacb: Wacb, document: Any, tmp_path: Path):
    (tmp_path / "api.yaml").write_text(wacb("api", "openapi").out)
    read, _ = read_from_filename(str(tmp_path / "api.yaml"))
    assert read == document


def test_it_names_the_hosts_of_every_region(document: Any):
    hosts = {host for pair in REGIONS.values() for host in pair}
    assert {server["url"] for server in document["servers"]} == hosts


def test_it_marks_every_assumption_about_requests_and_responses(document: Any):
    marks = set(re.findall(r'"x-assumed": "(\w+)"', json.dumps(document)))
    elsewhere = {each.id for each in CALLBACKS} | {"profile_before_incoming_url"}
    assert marks == ASSUMPTIONS.keys() - elsewhere


PROFILES = f"/v1/{SID}/callback/profiles"
UPDATE = f"/v2/{SID}/whatsapp/{WABA_ID}/number/update"


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("GET", f"{PROFILES}x", None),
        ("PUT", PROFILES, {}),
        ("GET", f"{PROFILES}?limit=0", None),
        ("GET", f"{PROFILES}?page=1", None),
        ("GET", PROFILES, {}),
        ("POST", PROFILES, None),
        ("PATCH", f"{PROFILES}/SG_1", {"body": "[]"}),
        ("PATCH", f"{PROFILES}/SG_1", {"body": "{"}),
        ("PATCH", f"{PROFILES}/SG_1", {"events": "[1]"}),
        ("PUT", UPDATE, {"phone_number": ONE, "profile_id": "SG_1"}),
        ("PUT", UPDATE.replace(SID, "a b"), {"phone_number": ONE, "callback_profile_id": ""}),
    ],
)
def test_the_judge_of_all_requests_finds_what_it_forbids(method: str, path: str, fields: Any):
    """The fixture that holds every request of these tests against the document can fail."""
    body = None if fields is None else json.dumps(fields).encode()
    assert find_fault(method, f"https://api.example{path}", body)


class Schemathesis:
    """Run schemathesis on a served document, with these options; `found` is how it ended."""

    def __init__(self, *options: str, folder: Path) -> None:
        self.found = subprocess.CompletedProcess[str](args=[], returncode=-1)
        self._options = options
        self._folder = folder

    def __call__(self, url: str) -> None:
        program = Path(sys.executable).with_name("st")
        config = ("--config-file", PROJECT / "tests" / "schemathesis.toml")
        self.found = subprocess.run(
            [program, *config, "run", f"{url}/openapi.json", *self._options],
            cwd=self._folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self._folder),
                "PYTHONPATH": str(PROJECT),
                "SCHEMATHESIS_HOOKS": "tests.schemathesis_formats",
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.mark.parametrize(
    "options",
    few([("-n", "1", "--phases", "fuzzing,stateful"), ("-n", "20", "--continue-on-failure")], 1),
    ids=["some", "all"],
)
def test_schemathesis_finds_nothing_in_the_served_emulator(
    on_screen: Wacb, tmp_path: Path, options: tuple[str, ...]
):
    # one worker: more meet a fault of CPython 3.11
    how = ("--workers", "1", "--seed", "1", "--header", f"api-key: {API_KEY}")
    examine = Schemathesis(*how, *options, folder=tmp_path)
    assert on_screen("sandbox", "serve", out=ReadyLine(examine)).code == 0
    found = examine.found
    assert found.returncode == 0, found.stdout + found.stderr
    for shown in ("Tested: 14", "Fuzzing", "Stateful"):
        assert shown in found.stdout
