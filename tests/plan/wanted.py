"""A wacb.toml as data, and what the API has to show once it is applied.

Written out from the contract; nothing of it is asked of the program.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.cli.expect import MEMBERS, QUERY, STATUS_NAMES, STATUS_QUERY
from tests.plan.account import State
from wacb.sandbox.store import Row

Table = dict[str, Any]
_MARK = re.compile(r"\$\$|\$\{(\w+)\}")


def filled(text: str, env: Mapping[str, str]) -> str:
    """Put variables in."""
    return _MARK.sub(lambda found: env[found[1]] if found[1] else "$", text)


def asked(table: Table, env: Mapping[str, str]) -> Row:
    """Every field that the table of a profile asks for, as `shown` has it."""
    method, url = table["method"].upper(), filled(table["url"], env)
    with_status = table.get("with_status", False)
    row: Row = {"title": table["title"], "method": method, "body": None}
    if method in ("GET", "DELETE"):
        if "<" not in url:
            url += ("&" if "?" in url else "?") + QUERY + (STATUS_QUERY if with_status else "")
    elif "body" in table:
        body = table["body"]
        row["body"] = json.loads(body) if isinstance(body, str) else body
    else:
        row["body"] = MEMBERS | {name: f"<{name}>" for name in STATUS_NAMES if with_status}
    row["url"] = url
    if "headers" in table:
        row["headers"] = {
            name.lower(): filled(value, env) for name, value in table["headers"].items()
        }
    if "encryption" in table:
        given = table["encryption"]
        key, iv = (filled(given[name], env) for name in ("key", "iv"))
        row["encryption"] = {"algo": given["algorithm"].upper(), "key": key, "IV": iv}
    if "response_message" in table:
        row["response_message"] = filled(table["response_message"], env)
    if "channel" in table:
        row["channel"] = table["channel"]
    if "events" in table:
        row["events"] = sorted(table["events"])
    return row


def shown(row: Row) -> Row:
    """What the API shows of a profile, in a form that can be compared."""
    return {
        "title": row["title"],
        "method": row["http_method"],
        "body": json.loads(row["body"]) if row["body"] else None,
        "url": row["url"],
        "headers": {name.lower(): value for name, value in json.loads(row["headers"]).items()},
        "encryption": row["enc"],
        "response_message": row["response_message"] or "",
        "channel": row["channel"],
        "events": sorted(json.loads(row["events"])),
    }


def check_fulfilled(
    profiles: Mapping[str, Table],
    numbers: Mapping[str, str] | None,
    env: Mapping[str, str],
    state: State,
) -> None:
    """Look that an account is as a file says. `numbers` are in E.164."""
    ids = {}
    for name, table in profiles.items():
        (row,) = state.titled(table["title"])
        wanted, there = asked(table, env), shown(row)
        assert wanted == {key: there[key] for key in wanted}
        ids[name] = ids[table["title"]] = row["profile_id"]
    for number, reference in (numbers or {}).items():
        carried = state.carried(number)
        if reference in ids:
            assert carried == ids[reference]
        else:
            assert reference in (carried, state.profiles[carried]["title"])


def forbids(
    profiles: Mapping[str, Table],
    numbers: Mapping[str, str] | None,
    env: Mapping[str, str],
    state: State,
) -> Iterator[str]:
    """Say what forbids a plan where the API shows what each number carries."""
    by_title = {table["title"]: table for table in profiles.values()}
    unset = set(re.findall(r"\$\{(\w+)\}", json.dumps(profiles))) - env.keys()
    if unset or len(by_title) < len(profiles):
        yield "the file is wrong"
        return
    for table in profiles.values():
        rows = state.titled(table["title"])
        if len(rows) > 1:
            yield f"{table['title']} is double"
        elif rows and rows[0]["channel"] != table.get("channel", rows[0]["channel"]):
            yield f"the channel of {table['title']} would change"
    for number, reference in (numbers or {}).items():
        title = profiles[reference]["title"] if reference in profiles else reference
        rows = [state.profiles[title]] if title in state.profiles else state.titled(title)
        if len(rows) > 1 or not (rows or title in by_title):
            yield f"{title} is double or nowhere"
        elif not rows or state.carried(number) != rows[0]["profile_id"]:
            if state.numbers[number]["status"] == "pending":
                yield f"{number} waits"
            if rows and rows[0]["status"] != 1:
                yield f"{title} is not active"
            if rows and rows[0]["title"] not in by_title and not _is_complete(rows[0]):
                yield f"{title} is not complete"


def _is_complete(row: Row) -> bool:
    template = row["body"] if row["http_method"] in ("POST", "PUT") else row["url"]
    return all(name in template for name in MEMBERS.values())


def check_untouched(
    profiles: Mapping[str, Table],
    numbers: Mapping[str, str] | None,
    before: State,
    after: State,
    *,
    prune: bool,
    sees_numbers: bool = True,
) -> None:
    """Look that what a file does not name is as it was, but for what prune has to take away.

    Without `sees_numbers` the API does not show what a number carries: prune takes away less.
    """
    for number in before.numbers.keys() - (numbers or {}).keys():
        left = after.carried(number)
        if prune and numbers is not None and _is_pruned(number, before, after):
            assert left == "" or not sees_numbers, number
        else:
            assert left == before.carried(number), number
        assert after.numbers[number] | {"callback_profile_id": ""} == before.numbers[number] | {
            "callback_profile_id": ""
        }
    titles = {table["title"] for table in profiles.values()}
    for id, row in before.profiles.items():
        if row["title"] in titles:
            continue
        if prune and before.is_incoming(id) and not after.is_carried(id):
            assert id not in after.profiles or not sees_numbers, row
        else:
            assert after.profiles[id] == row


def _is_pruned(number: str, before: State, after: State) -> bool:
    carried = before.carried(number)
    there = after if carried in after.profiles else before
    another_kind = carried in there.profiles and not there.is_incoming(carried)
    return before.numbers[number]["status"] == "approved" and carried != "" and not another_kind


def recovered(content: Table, state: State) -> dict[str, str]:
    """Read off an account the value of each variable of an exported file."""
    found: dict[str, str] = {}
    for table in content.get("profiles", {}).values():
        (row,) = state.titled(table["title"])
        there = shown(row)
        pairs = [(table["url"], there["url"])]
        pairs += [
            (value, there["headers"][name.lower()])
            for name, value in table.get("headers", {}).items()
        ]
        if "encryption" in table:
            pairs += [
                (table["encryption"]["key"], there["encryption"]["key"]),
                (table["encryption"]["iv"], there["encryption"]["IV"]),
            ]
        body = table.get("body", {})
        pairs += _pairs(json.loads(body) if isinstance(body, str) else body, there["body"])
        for written, value in pairs:
            found |= _values(written, value)
    return found


def _pairs(written: Any, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(written, dict):
        for key, member in written.items():
            yield from _pairs(member, value[key])
    elif isinstance(written, list):
        for member, item in zip(written, value, strict=True):
            yield from _pairs(member, item)
    elif isinstance(written, str):
        yield written, value


def _values(written: str, value: str) -> dict[str, str]:
    """Match a string of the file with what it stands for; a template may follow it."""
    pattern, end = "", 0
    for mark in _MARK.finditer(written):
        pattern += re.escape(written[end : mark.start()])
        pattern += f"(?P<{mark[1]}>.+?)" if mark[1] else re.escape("$")
        end = mark.end()
    match = re.fullmatch(pattern + re.escape(written[end:]) + "(?:[?&]body=<body>.*)?", value)
    assert match, (written, value)
    return match.groupdict()
