"""Every command that changes something, run again after any response or request was lost.

Where the first run ended with exit code 7, or found its way by itself, the account is in the end as
after one run that nobody disturbed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Answer
from tests.cli.expect import BODY, HOOK, ONE, THREE, TWO
from tests.cli.registering import ADD, CONFIRM
from tests.conftest import LIVE, Outcome, invoke, mark_shown, profile_id
from tests.examples import sampled
from tests.fake_api import emulated
from tests.field.altered import FIRST, make_attached, make_profile, make_ticking
from wacb.cli.app import App
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange

SECOND, UNUSED = profile_id(2), profile_id(4)
CREATE = ("profile", "create", "--method", "post", "--url", HOOK, "--title")
ATTACH = ("number", "attach", ONE, "--profile")
APPLY = ("apply", "-f", "FOLDER/wacb.toml", "--yes")
MANIFEST = f"""
[profiles.one]
title = "Hook"
method = "post"
url = "{HOOK}/changed"

[profiles.two]
title = "Another hook"
method = "get"
url = "{HOOK}/get"

[numbers]
"{ONE}" = "one"
"{TWO}" = "two"
"""
LINES: Mapping[str, tuple[str, ...]] = {
    "create": (*CREATE, "New"),
    "create once": (*CREATE, "New", "--if-not-exists"),
    "create with a key": (*CREATE, "New", "--if-not-exists", "--encrypt", "AES-128-CFB"),
    "create or update, new": (*CREATE, "New", "--update-existing"),
    "create or update, old": (*CREATE, "Hook", "--update-existing", "--response-message", "ok"),
    "create another": (*CREATE, "Hook", "--allow-duplicate-title"),
    "update": ("profile", "update", FIRST, "--url", f"{HOOK}/new"),
    "rename": ("profile", "update", FIRST, "--title", "New"),
    "delete": ("profile", "delete", UNUSED, "--yes"),
    "fix": ("profile", "check", "--fix", "--yes"),
    "attach": (*ATTACH, FIRST, "--replace"),
    "attach hidden": (*ATTACH, FIRST, "--replace", "--waba-id", "none"),
    "attach many": ("number", "attach", ONE, TWO, THREE, "--replace", "--profile", FIRST),
    "detach": ("number", "detach", ONE, "--yes"),
    "detach hidden": ("number", "detach", ONE, "--yes", "--waba-id", "none"),
    "rollback": ("number", "rollback", ONE, "--yes"),
    "incoming URL": ("number", "attach", ONE, "--incoming-url", HOOK, "--waba-id", "none"),
    "add": (*ADD, "--profile", FIRST),
    "confirm": CONFIRM,
    "apply": APPLY,
    "apply and prune": (*APPLY, "--prune"),
}
# where the second run finds its work done, and says so with a code of its own
DONE_BEFORE: Mapping[str, int] = {"create": 9, "delete": 5, "add": 9}
DO_MORE = ("create", "create another", "add")  # where another run after a success asks for more
CASES = [
    pytest.param(name, after, ends, id=f"{name}, {'answer' if after else 'request'}, {what}")
    for name in LINES
    for after in (True, False)
    for ends, what in ((True, "all that follow"), (False, "one"))
]
MOST = 30  # requests of a command


class Losing:
    """The emulator, where the n-th request gets lost, or its answer; and all that follow it.

    Without `ends` only that one does.
    """

    def __init__(self, sandbox: Sandbox, place: int, *, after: bool, ends: bool) -> None:
        self.api = emulated(sandbox)
        self.place, self.after, self.ends = place, after, ends
        self.count = 0

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.count += 1
        if self.count > self.place and self.ends:
            raise ConnectionRefusedError
        if self.count == self.place:
            if self.after:
                self.api(method, url, headers, body)
            raise ConnectionResetError
        return self.api(method, url, headers, body)


class Account:
    """An account, and a home folder whose journal knows it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sleeps: list[float] = []
        self.sandbox = make_ticking(self.sleeps)
        folder.mkdir()
        (folder / "wacb.toml").write_text(MANIFEST)
        make_profile(self.sandbox, title="Hook")
        make_profile(self.sandbox, title="Second", url=f"{HOOK}/second")
        short = BODY.replace(',"location":"<location>"', "")
        make_profile(self.sandbox, title="Broken", url=f"{HOOK}/short", body=short)
        make_attached(self.sandbox, TWO, title="Unused", url=f"{HOOK}/unused")
        mark_shown(folder)
        for line in ((*ATTACH, SECOND), ("number", "detach", TWO, "--yes")):
            assert self.run(line).code == 0

    def run(self, line: tuple[str, ...], network: Callable[..., Answer] | None = None) -> Outcome:
        app = App(
            environ={"HOME": str(self.folder), **LIVE},
            handler=network or partial(exchange, self.sandbox, sleep=self.sleeps.append),
            sandbox=self.sandbox,
            interactive=False,
            sleep=self.sleeps.append,
        )
        return invoke(app, *(word.replace("FOLDER", str(self.folder)) for word in line))

    @property
    def state(self) -> Any:
        """Profiles and numbers as the API has them, without what no two runs share."""
        rows, _ = self.sandbox.store.profiles(title="", limit=1000, offset=0)
        titles = {row["profile_id"]: row["title"] for row in rows}
        changing = ("profile_id", "created_at", "modified_at", "enc")
        profiles = [{k: row[k] for k in row if k not in changing} for row in rows]
        numbers = [
            {**row, "callback_profile_id": titles.get(row["callback_profile_id"], "")}
            for row in self.sandbox.store.numbers()
        ]
        return sorted(map(json.dumps, profiles)), sorted(map(json.dumps, numbers))


def make_account(folder: Path, name: str) -> Account:
    account = Account(folder)
    if name == "confirm":
        assert account.run((*ADD, "--profile", FIRST)).code == 0
    return account


@pytest.mark.parametrize(("name", "after", "ends"), sampled(CASES, every=17))
def test_a_command_that_lost_anything_can_be_run_again(
    tmp_path: Path, name: str, after: bool, ends: bool
):
    line = LINES[name]
    clean = make_account(tmp_path / "clean", name)
    counting = Losing(clean.sandbox, MOST, after=False, ends=False)
    code = clean.run(line, counting).code
    assert code == 0 and 1 < counting.count < MOST
    for place in range(1, counting.count + 1):
        account = make_account(tmp_path / f"{place}", name)
        first = account.run(line, Losing(account.sandbox, place, after=after, ends=ends))
        assert first.code in (0, 7), (place, first)
        again = None if name in DO_MORE and first.code == 0 else account.run(line)
        assert again is None or again.code in (0, DONE_BEFORE.get(name)), (place, first, again)
        assert account.state == clean.state, (place, first, again)
