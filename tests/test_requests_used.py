"""No command sends a request whose response it does not use: if one fails, the command differs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ask, attach_new
from tests.cli.expect import BODY, CREATE, HOOK, ONE, THREE, TWO
from tests.cli.registering import ADD, CONFIRM
from tests.conftest import LIVE, Outcome, invoke, profile_id
from tests.fake_api import refusal
from tests.test_project import COMMANDS
from wacb.cli.app import App
from wacb.sandbox.emulator import Sandbox
from wacb.sandbox.in_process import exchange
from wacb.sandbox.store import Store

Line = tuple[str, ...]
Sent = tuple[str, str, int]  # method, path with query, and the how many of its kind
FIRST, SECOND, BROKEN = map(profile_id, (1, 2, 3))
ENDPOINT = "http://127.0.0.1:9"  # nobody answers there
NEW = (*CREATE, "--title", "New")
ATTACH = ("number", "attach", TWO, "--profile", "Second")
V1 = ("--waba-id", "none")
MANIFEST = f"""
[profiles.one]
title = "Hook"
method = "post"
url = "https://example.com/changed"

[profiles.new]
title = "New"
method = "post"
url = "{HOOK}"

[numbers]
"{ONE}" = "one"
"{TWO}" = "new"
"""
APPLY = ("apply", "-f", "FOLDER/wacb.toml", "--yes")

# each with the lines that are run before
LINES: Mapping[str, tuple[Line, ...]] = {
    "create": (NEW,),
    "create once": ((*NEW, "--if-not-exists"),),
    "create once more": (NEW, (*NEW, "--if-not-exists")),
    "create again": (NEW, (*NEW, "--allow-duplicate-title")),
    "list": (("profile", "list"),),
    "list IDs": (("profile", "list", "-q"),),
    "show": (("profile", "show", FIRST),),
    "show by title": (("profile", "show", "Hook"),),
    "update": (("profile", "update", "Hook", "--url", HOOK, "--title", "Other"),),
    "delete": (("profile", "delete", "Second", "--yes"),),
    "check": (("profile", "check"),),
    "check two": (("profile", "check", FIRST, "Second"),),
    "fix": (("profile", "check", "--fix", "--yes"),),
    "numbers": (("number", "list"),),
    "number": (("number", "show", ONE),),
    "attach": (ATTACH,),
    "attach once more": (ATTACH, ATTACH),
    "attach many": (("number", "attach", TWO, THREE, "--profile", SECOND),),
    "attach by digits": (("number", "attach", TWO[1:], "--profile", SECOND),),
    "replace": (("number", "attach", ONE, "--replace", "--profile", "Second"),),
    "attach on V1": ((*V1, "number", "attach", TWO, THREE, "--profile", SECOND),),
    "incoming URL": ((*V1, "number", "attach", TWO, "--incoming-url", HOOK),),
    "detach": (("number", "detach", ONE, "--yes"),),
    "rollback": (ATTACH, ("number", "rollback", TWO, "--yes")),
    "add": (ADD,),
    "confirm": ((*ADD, "--profile", SECOND), CONFIRM),
    "verify": (("verify", ONE, "-o", "json"),),
    "verify another": (("verify", ONE, "--profile", "Second", "-o", "json"),),
    "plan": (("plan", "-f", "FOLDER/wacb.toml"),),
    "apply": (APPLY,),
    "apply once more": (APPLY, APPLY),
    "export": (("export",),),
    "set up": (("setup", "--url", HOOK, "--number", TWO, "--no-verify"),),
    "send": (("callback", "send", "--profile", "Hook", "--dry-run", "--seed", "1"),),
    "init": (("config", "init", "--account", "prod"),),
}
# what asks nothing of the API, but for questions on a terminal
OFFLINE = {
    *("template", "help", "completion", "number history", "callback listen", "callback decode"),
    *("callback replay", "sandbox serve", "sandbox message", "sandbox reset", "sandbox demo"),
    *("config show", "config set", "config unset", "config path", "config list", "config use"),
    *("config remove", "api assumptions", "api openapi"),
}
PROBES = {"api check"}  # which asks for paths made up by chance; its own tests judge each answer


class Recorder:
    """The emulator; remembers what it was asked, and refuses the request `broken`."""

    def __init__(self, broken: Sent | None = None) -> None:
        ids = count(1)
        self.sandbox = Sandbox(
            Store(":memory:"), clock=lambda: 1.79e9, new_id=lambda: profile_id(next(ids))
        )
        self.broken = broken
        self.sent: Counter[tuple[str, str]] = Counter()
        self.recording = False

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Any:
        if self.recording:
            kind = method, url.partition("kaleyra.io")[2]
            self.sent[kind] += 1
            if (*kind, self.sent[kind]) == self.broken:
                reply = refusal(422, "broken on purpose")
                return reply.status, [], reply.chunks()
        return exchange(self.sandbox, method, url, headers, body, sleep=lambda _: None)


def run(lines: Sequence[Line], folder: Path, broken: Sent | None = None) -> tuple[Any, list[Sent]]:
    """Run lines in a world of their own; return all that came of the last, and what it sent."""
    folder.mkdir()
    (folder / "wacb.toml").write_text(MANIFEST)
    api = Recorder(broken)
    attach_new(api.sandbox, f"{ENDPOINT}/hook")
    for title, body in (("Second", BODY), ("Broken", BODY.replace(',"location":"<location>"', ""))):
        row = {"title": title, "url": HOOK, "http_method": "POST", "body": body}
        ask(api.sandbox, "POST", "/v1/SID/callback/profiles", row)
    for place, line in enumerate(lines, 1):
        api.recording = place == len(lines)
        app = App(
            environ={**LIVE, "HOME": str(folder)},
            handler=api,
            interactive=False,
            sleep=lambda seconds: None,
            now=partial(float, 1.79e9),
        )
        outcome = invoke(app, *(word.replace("FOLDER", str(folder)) for word in line))
    sent = [(*kind, n) for kind, many in api.sent.items() for n in range(1, many + 1)]
    return (_without_time(outcome, folder), api.sent), sent


def _without_time(outcome: Outcome, folder: Path) -> Outcome:
    out = re.sub(r'"ms": \d+', '"ms": N', outcome.out)
    err = re.sub(r"[0-9a-f]{64}", "SUM", outcome.err)
    return Outcome(
        code=outcome.code, out=out.replace(str(folder), ""), err=err.replace(str(folder), "")
    )


@pytest.mark.beyond_contract
@pytest.mark.parametrize("name", LINES)
def test_every_response_is_used(name: str, tmp_path: Path):
    usual, requests = run(LINES[name], tmp_path / "usual")
    assert requests
    assert run(LINES[name], tmp_path / "again")[0] == usual
    unused = [
        broken
        for place, broken in enumerate(requests)
        if run(LINES[name], tmp_path / str(place), broken)[0] == usual
    ]
    assert unused == []


def test_no_command_is_left_out():
    leaves = {" ".join(path) for path, command in COMMANDS if not hasattr(command, "commands")}
    words = [" ".join(line[-1]) for line in LINES.values()]
    online = {leaf for leaf in leaves if any(leaf in text for text in words)}
    assert leaves - online - OFFLINE - PROBES == set()
