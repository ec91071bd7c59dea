"""Many `apply` runs of one file at the same time: one copy of each profile, or an honest word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli.expect import BODY, HOOK, ONE, THREE, TWO
from tests.conftest import LIVE, profile_id
from tests.plan.account import Account
from tests.sandbox.shells import serving

RUNS = 10
TITLES = ("Incoming messages", "Orders", "Shop 1")
FILE = "\n".join(
    (
        *(
            f'[profiles.p{place}]\ntitle = "{title}"\nmethod = "post"\nurl = "{HOOK}/{place}"'
            for place, title in enumerate(TITLES)
        ),
        f'[numbers]\n"{ONE}" = "p0"\n"{TWO}" = "p1"',
    )
)

Ended = subprocess.CompletedProcess[str]


def run(host: str, home: Path, *line: str) -> Ended:
    """Run a command as a process of its own."""
    env = {**os.environ, **LIVE, "WACB_BASE_URL": f"http://{host}", "HOME": str(home)}
    command = [sys.executable, "-m", "wacb", *line, "-f", "-"]
    return subprocess.run(command, env=env, input=FILE, capture_output=True, text=True, timeout=60)


def apply_at_once(host: str, homes: Iterable[Path], *flags: str) -> list[Ended]:
    with ThreadPoolExecutor(RUNS) as pool:
        return list(pool.map(lambda home: run(host, home, "apply", "--yes", *flags), homes))


def titles(account: Account) -> list[str]:
    return sorted(row["title"] for row in account.state().profiles.values())


def test_at_the_same_time_on_one_machine_each_profile_is_created_once(tmp_path: Path):
    account = Account(tmp_path / "sandbox")
    account.create({"title": "Old hook", "http_method": "POST", "url": HOOK, "body": BODY})
    account.attach(THREE, profile_id(1))
    account.meets("500:2,after,POST")
    with serving(account.sandbox) as host:
        runs = apply_at_once(host, [tmp_path] * 5, "--prune")
        account.clock.sleep(20)
        plan = run(host, tmp_path, "plan", "--prune", "--detailed-exitcode", "-o", "json")
    assert [(each.returncode, each.stderr) for each in runs if each.returncode] == []
    assert titles(account) == sorted(TITLES)
    assert (plan.returncode, json.loads(plan.stdout)["changes"]) == (0, [])
    carried = [account.state().titled(title)[0]["profile_id"] for title in TITLES[:2]]
    assert [account.state().carried(number) for number in (ONE, TWO, THREE)] == [*carried, ""]


@pytest.mark.thorough
def test_at_the_same_time_on_ten_machines_a_double_title_is_named(tmp_path: Path):
    account = Account(tmp_path / "sandbox")
    with serving(account.sandbox) as host:
        runs = apply_at_once(host, [tmp_path / str(machine) for machine in range(RUNS)])
        plan = run(host, tmp_path, "plan", "--detailed-exitcode")
    double = {title for title in TITLES if len(account.state().titled(title)) > 1}
    said = "".join(each.stderr for each in runs if each.returncode)
    assert set(titles(account)) == set(TITLES)
    assert {title for title in TITLES if f"profiles are named '{title}'" in said} == double
    assert {each.returncode for each in runs} <= {0, 9}
    assert plan.returncode == (9 if double else 0)
