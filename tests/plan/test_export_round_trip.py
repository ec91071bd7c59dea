"""What `export` writes after an `apply` plans to nothing, for accounts of some size."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
import tomli_w

from tests.cli.expect import BODY, MEMBERS, QUERY
from tests.plan.account import Account, Answer
from tests.plan.wanted import Table, recovered
from wacb.sandbox.emulator import LoggedRequest

PROFILES, NUMBERS, PAGE = 60, 60, 100
HOOK = "https://example.com/hook"
ENV = {"TOKEN": "t0ken-of-the-hook", "KEY": "k" * 32, "SHORT": "s" * 16, "IV": "i" * 16}

# What a file may ask for, and what somebody may have made in the console.
WANTED: tuple[Table, ...] = (
    {"method": "post", "url": HOOK},
    {"method": "get", "url": f"{HOOK}?shop=1&token=${{TOKEN}}", "with_status": True},
    {"method": "put", "url": HOOK, "body": {**MEMBERS, "price": "5 $$", "api_key": "${TOKEN}"}},
    {"method": "delete", "url": HOOK, "events": ["message", "a, b"], "channel": "whatsapp"},
    {"method": "post", "url": HOOK, "with_status": True, "response_message": "thanks\n✓ $$"},
    {"method": "post", "url": HOOK, "headers": {"X-Team": "blue", "X-Key": "a ${TOKEN}"}},
    {
        "method": "get",
        "url": HOOK,
        "encryption": {"algorithm": "AES-256-CFB", "key": "${KEY}", "iv": "${IV}"},
    },
    {
        "method": "put",
        "url": HOOK,
        "encryption": {"algorithm": "AES-128-GCM", "key": "${SHORT}", "iv": "${IV}"},
    },
    {"method": "get", "url": f"{HOOK}?who=<from>&what=<body>", "allow_missing": True},
    {
        "method": "post",
        "url": HOOK,
        "body": '{"text": "<body>", "no": null}',
        "allow_missing": True,
    },
)
MADE: tuple[Table, ...] = (
    {"http_method": "POST", "url": HOOK, "body": json.dumps(MEMBERS, indent=3)},
    {"http_method": "POST", "url": "http://localhost:8080/hook", "body": "{}"},
    {"http_method": "GET", "url": f"{HOOK}?{QUERY}&secret=c0nsole&x=$1"},
    {"http_method": "DELETE", "url": f"{HOOK}?wanumber=<wanumber>", "body": "{}"},
    {"http_method": "PUT", "url": HOOK, "body": '{"a": [1, 2.5, null, {"token": "c0nsole"}]}'},
    {"http_method": "POST", "url": HOOK, "body": BODY, "headers": '{"api-key": "c0nsole"}'},
    {"http_method": "POST", "url": HOOK, "body": BODY, "events": '["inbound"]', "channel": "SMS"},
    {"http_method": "POST", "url": "https://10.0.0.1/", "body": BODY, "response_message": "$${x"},
)
LEFT_OUT: tuple[Table, ...] = (
    {"http_method": "POST", "url": HOOK, "body": '{"text": "<bdy>"}', "title": "Misspelt"},
    {"http_method": "POST", "url": HOOK, "body": BODY, "title": "Twice"},
    {"http_method": "GET", "url": HOOK, "title": "Without a template"},
    {"http_method": "POST", "url": HOOK, "body": BODY, "title": "Twice"},
)


def phone(place: int) -> str:
    return f"+1556{place:07}"


def file_of(profiles: int, numbers: int) -> str:
    tables = {
        f"p{place}": {"title": f"Profile {place:03}", **WANTED[place % len(WANTED)]}
        for place in range(profiles)
    }
    rows = {phone(place): f"p{place % profiles}" for place in range(numbers)}
    return tomli_w.dumps({"profiles": tables, "numbers": rows})


class Thin(Account):
    """An account whose listing does not show templates."""

    def network(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        status, names, chunks = super().network(method, url, headers, body)
        answer = json.loads(b"".join(chunks))
        if "profiles?" in url:
            for row in answer["data"]["profiles"]:
                del row["body"]
        return status, names, iter([json.dumps(answer).encode()])


def looks(asked: list[LoggedRequest]) -> Counter[str]:
    """Count what was asked: pages, details, the listing of numbers, and anything else."""
    kinds = Counter[str]()
    for request in asked:
        page, number = request.path.endswith("/profiles"), request.path.endswith("/number")
        kind = "page" if page else "numbers" if number else "details"
        kinds[kind if request.method == "GET" else request.method] += 1
    return kinds


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return filled(Account(tmp_path, watches=False))


def filled(account: Account) -> Account:
    """Apply a file to an empty account with as many numbers as it names, and some more."""
    some = [(phone(place), "Shop", "approved") for place in range(NUMBERS + 20)]
    account.store.add_numbers(some)
    (account.home / "wacb.toml").write_text(file_of(PROFILES, NUMBERS))
    applied, _ = run(account, "apply", "--yes")
    assert applied == 0
    return account


def run(
    account: Account, *line: str, file: str = "wacb.toml", env: Mapping[str, str] = ENV
) -> tuple[int, Counter[str]]:
    named = ["-f", str(account.home / file)]
    outcome, asked = account.run(*line, *named, env=env)
    return outcome.code, looks(asked)


def check_export(account: Account, *, pages: int) -> list[str]:
    """Plan what is exported, count the requests of both, and return the notes of the export."""
    exported, asked = account.run("export", env={})
    assert (exported.code, looks(asked)) == (0, {"page": pages, "numbers": 1})
    (account.home / "exported.toml").write_text(exported.out)
    assert "c0nsole" not in exported.out
    env = recovered(tomllib.loads(exported.out), account.state())
    plan = run(account, "plan", "--detailed-exitcode", file="exported.toml", env=env)
    assert plan == (0, {"page": pages, "numbers": 1})
    *notes, variables = exported.err.splitlines()
    assert variables == "note: set these variables before you run plan or apply: " + ", ".join(env)
    return notes


def test_an_applied_file_and_its_export_plan_to_nothing(account: Account):
    expected = (0, {"page": 1, "numbers": 1})
    assert run(account, "plan", "--detailed-exitcode") == expected
    assert run(account, "plan", "--detailed-exitcode", "--prune") == expected
    assert check_export(account, pages=1) == []


def test_so_does_the_export_of_an_account_that_was_set_up_by_hand(account: Account):
    for place in range(150):
        account.create({**MADE[place % len(MADE)], "title": f"Console {place:03}"})
    for table in LEFT_OUT:
        account.create(table)
    made = [*account.state().profiles][PROFILES:]
    for place in range(20):
        account.attach(phone(NUMBERS + place), made[place])
    for place, id in enumerate(made[-5:]):
        account.attach(phone(place), id)
    account.set_profile(made[0], status=3)
    account.set_number(phone(6), status="pending")
    account.set_number(phone(7), callback_profile_id="SG_gone")
    assert len(made) + PROFILES == 214
    notes = check_export(account, pages=3)
    assert [note.partition(" is left out")[0] for note in notes] == [
        f"note: profile 'Misspelt' ({made[150]})",
        f"note: profile 'Twice' ({made[151]})",
        f"note: profile 'Twice' ({made[153]})",
        f"note: profile 'Without a template' ({made[152]})",
        f"note: number {phone(7)}",
    ]


def test_details_are_asked_for_what_a_thin_listing_lacks_and_is_compared(tmp_path: Path):
    account = filled(Thin(tmp_path, watches=False))
    for place in range(50):
        account.create({**MADE[0], "title": f"Console {place:03}"})
    plan = run(account, "plan", "--detailed-exitcode")
    assert plan == (0, {"page": 2, "details": PROFILES, "numbers": 1})
