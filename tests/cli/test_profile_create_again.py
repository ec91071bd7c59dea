"""`profile create --if-not-exists` and `--update-existing`: scripts that run again and again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from tests.cli.conftest import Answer, Interrupting, Watch, writes
from tests.cli.expect import CREATE, HOOK, TITLE, done, failed, profile_json
from tests.conftest import LIVE, Wacb, profile_id
from tests.sandbox.shells import serving
from wacb.sandbox.account import SID
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.store import Store
from wacb.storage.create_lock import CreateLock

ONCE = (*CREATE, "--if-not-exists")
OTHER = ("profile", "create", "--method", "post", "--url", f"{HOOK}2", "--title", TITLE)

HOST = "api.kaleyra.io"


def test_the_second_run_prints_the_same_id(live: Wacb):
    assert live(*ONCE, "-q") == done(profile_id(1))
    assert live(*ONCE, "-q") == done(profile_id(1))
    assert json.loads(live(*ONCE, "-o", "json").out)["result"] == "unchanged"


def test_another_profile_of_the_title_is_only_created_if_that_is_said(live: Wacb):
    assert live(*CREATE, "-q") == done(profile_id(1))
    assert live(*CREATE, "--allow-duplicate-title").code == 0
    assert live(*CREATE) == failed(
        9,
        f"a profile named '{TITLE}' already exists: {profile_id(1)}, {profile_id(2)}",
        "pass --if-not-exists to use it, --update-existing to change it, or "
        "--allow-duplicate-title to create another one",
    )


def test_other_content_is_refused_and_changed_on_request(live: Wacb):
    live(*ONCE)
    assert live(*OTHER, "--if-not-exists").code == 9
    changed = live(*OTHER, "--update-existing", "-o", "json")
    assert json.loads(changed.out)["result"] == "updated"
    assert changed.err == f"note: url: {HOOK} → {HOOK}2\n"


def test_a_dry_run_shows_what_would_be_done(live: Wacb, wacb: Wacb):
    assert live(*ONCE, "--dry-run").out.startswith("curl -X POST ")
    live(*ONCE)
    nothing = "note: already up to date; no request needed"
    assert live(*ONCE, "--dry-run") == done(err=nothing)
    patch = live(*OTHER, "--update-existing", "--dry-run")
    assert patch.out.startswith("curl -X PATCH ")
    assert patch.out.endswith(f""" --data-raw '{{"url":"{HOOK}2"}}'\n""")
    offline = wacb(*ONCE, "--dry-run")
    assert offline.err == (
        "note: checked offline: without credentials it is not known whether the profile exists\n"
    )


# -- at the same time


def test_of_six_runs_at_the_same_time_one_creates():
    sandbox = Sandbox(Store(":memory:"))
    sandbox.add_fault("late:5s")  # so that a look at the list helps none of them

    def run(flag: str) -> subprocess.CompletedProcess[bytes]:
        line = [sys.executable, "-m", "wacb", *CREATE, flag, "-o", "json"]
        env = {**os.environ, **LIVE, "WACB_BASE_URL": f"http://{host}"}
        return subprocess.run(line, env=env, capture_output=True, timeout=60)

    with serving(sandbox) as host, ThreadPoolExecutor(6) as pool:
        runs = list(pool.map(run, ["--if-not-exists", "--update-existing"] * 3))
    assert [run.returncode for run in runs] == [0] * 6
    found = [json.loads(run.stdout) for run in runs]
    assert sorted(profile["result"] for profile in found) == ["created"] + ["unchanged"] * 5
    assert len({profile["id"] for profile in found}) == 1
    assert len(writes(sandbox)) == 1


def state(home: Path) -> Path:
    return home / ".local" / "state" / "wacb"


def test_a_run_waits_for_another_no_longer_than_its_deadline(
    live: Wacb, sandbox: Sandbox, home: Path
):
    with CreateLock(state(home) / "creates", host=HOST, sid=SID, title=TITLE).acquire(lambda: 0):
        outcome = live(*ONCE, "--deadline", "0.05")
    busy = f"another wacb is creating the profile '{TITLE}'"
    assert (outcome.code, outcome.out) == (7, "")
    assert outcome.err.splitlines() == [
        f"note: {busy}: waiting for it",
        f"error: {busy}, and waiting for it would exceed the time limit",
        "hint: run the same command again, or pass a longer --deadline",
    ]
    assert sandbox.requests() == []
    assert live(*ONCE).code == 0


class Elsewhere:
    """The emulator, where another machine creates the same profile a moment earlier."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.api = partial(exchange, sandbox)

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if method == "POST":
            self.api(method, url, headers, body)
        return self.api(method, url, headers, body)


def test_two_machines_at_the_same_time_are_told_of_both_profiles(over: Wacb, sandbox: Sandbox):
    assert over(Elsewhere(sandbox), *ONCE) == failed(
        9,
        f"2 profiles are named '{TITLE}': {profile_id(1)}, {profile_id(2)}",
        "keep one, and remove the others with `wacb profile delete ID`",
    )


def test_without_a_place_for_its_lock_nothing_is_created(live: Wacb, sandbox: Sandbox, home: Path):
    state(home).parent.mkdir(parents=True)
    state(home).write_text("not a folder")
    name = uuid5(NAMESPACE_OID, f"{HOST}\n{SID}\n{TITLE}").hex
    lock = state(home) / "creates" / f"{name}.lock"
    assert live(*ONCE) == failed(
        3,
        f"cannot lock {lock}: Not a directory",
        "check the path: a part of it is a file, not a folder",
    )
    assert sandbox.requests() == []


def test_a_dry_run_leaves_no_lock_behind(live: Wacb, untouched: Watch):
    with untouched():
        assert live(*ONCE, "--dry-run").code == 0


# -- a listing that lags


def test_after_an_interruption_the_next_run_looks_longer(
    over: Wacb, live: Wacb, sandbox: Sandbox, sleeps: list[float]
):
    sandbox.add_fault("late:5s")
    assert over(Interrupting(sandbox, "POST"), *ONCE).code == 130
    outcome = live(*ONCE, "--deadline", "3")
    assert outcome.code == 7
    assert outcome.err.splitlines() == [
        f"note: an earlier create of '{TITLE}' may not be listed yet: waiting up to "
        "30 s for it to appear",
        f"error: it is still unknown whether the profile '{TITLE}' was created a moment ago",
        "hint: run the same command again in 30 s, or pass a longer --deadline",
    ]
    assert len(writes(sandbox)) == 1
    assert sleeps == []


def test_what_a_plain_create_made_is_found_before_it_is_listed(live: Wacb, sandbox: Sandbox):
    sandbox.add_fault("late:5s")
    live(*CREATE)
    outcome = live(*ONCE, "-o", "json")
    assert json.loads(outcome.out) == profile_json(result="unchanged")
    assert len(writes(sandbox)) == 1


def test_another_channel_is_refused_like_any_other_difference(live: Wacb):
    assert live(*CREATE).code == 0
    line = (*CREATE, "--channel", "whatsapp", "--if-not-exists")
    refused = live(*line)
    assert refused.code == 9
    assert refused.err.endswith(
        "with different content; channel: none → whatsapp\nhint: pass another --title\n"
    )
    outcome = live(*line, "--update-existing")
    assert (outcome.code, "the API cannot change it to whatsapp" in outcome.err) == (2, True)


def test_an_event_without_a_name_is_refused(live: Wacb):
    assert live(*CREATE, "--event", "").err.startswith("error: --event is empty\n")
