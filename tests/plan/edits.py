"""What may be edited in a file and its account. Doing it is drifting.py's."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.cli.expect import MEMBERS, NINE, ONE, THREE, TWO
from tests.plan.wanted import Table

T = TypeVar("T")
Edit = tuple[str, dict[str, Any]]  # a method of Drifting, and what it is called with

NAMES = ("first", "second", "third")
TITLES = ("Incoming one", "Incoming two", "Orders", "Status report", "Shop_1")
NUMBERS = (ONE, TWO, THREE, NINE)
SPELLED: tuple[Callable[[str], str], ...] = (
    str,
    lambda number: "00" + number[1:],
    lambda number: f"{number[:2]} ({number[2:5]}) {number[5:]}",
)
OWN = {**MEMBERS, "kind": "pay$load", "count": 3, "nested": {"list": [1, None, True]}}
LACKING = {"text": "<body>", "who": "<from>", "api_key": "a-key-of-the-shop"}
STATUS = {"id": "<id>", "status": "<status>", "price": "<price>"}
BODIES: tuple[Table, ...] = (
    *(MEMBERS, dict(reversed(MEMBERS.items())), OWN),
    *(LACKING, STATUS, {}),
)
VARIABLES = {
    "HOST": ("hooks.example.com", "other.example.com"),
    "TOKEN": ("t0ken-one-of-two", "t0ken-two-of-two"),
    "KEY": ("0123456789abcdef", "fedcba9876543210"),
    "IV": ("abcdefabcdefabcd", "dcbadcbadcbadcba"),
}
CONSOLE_SECRET = "c0nsole-s3cret"
SECRETS = (CONSOLE_SECRET, *VARIABLES["TOKEN"], *VARIABLES["KEY"], *VARIABLES["IV"])
KEY = {"algorithm": "aes-128-gcm", "key": "${KEY}", "iv": "${IV}"}

# What may stand in the table of a profile beside its title; None leaves the key out.
KEYS: dict[str, tuple[Any, ...]] = {
    "method": ("post", "GET", "put", "Delete"),
    "url": (
        *("https://example.com/hook", "https://example.com/hook?shop=1", "https://${HOST}/hook"),
        *("https://example.com/?token=${TOKEN}", "https://example.org/pay$$"),
    ),
    "body": (None, json.dumps(MEMBERS, indent=1), {**MEMBERS, "kind": "a"}, json.dumps(OWN)),
    "with_status": (None, True, False),
    "headers": (None, {}, {"X-Team": "blue"}, {"x-team": "red", "Authorization": "B ${TOKEN}"}),
    "encryption": (None, KEY, {**KEY, "algorithm": "AES-128-CFB"}),
    "response_message": (None, "", "thanks", "${HOST}, 5 $$"),
    "channel": (None, None, None, "whatsapp"),
    "events": (None, ["message"], ["b", "a"]),
}
# What somebody may change in the console.
IN_CONSOLE: tuple[Table, ...] = (
    *({"title": title} for title in TITLES),
    *({"url": url} for url in ("https://example.net/", "https://example.com/hook")),
    *({"body": json.dumps(body, indent=2)} for body in BODIES),
    {"http_method": "GET", "url": "https://example.com/?from=<from>&to=<wanumber>", "body": ""},
    {"http_method": "POST", "body": json.dumps(STATUS)},
    *({"headers": json.dumps(headers)} for headers in ({}, {"X-Api-Key": CONSOLE_SECRET})),
    {"enc": {"algo": "AES-128-GCM", "key": "k" * 16, "IV": "i" * 12}},
    *({"response_message": text} for text in ("", "from the console")),
    {"events": '["inbound"]'},
)
INDEX = st.integers(0, 11)
REFERENCE = st.sampled_from(("name", "name", "name", "title", "live title", "live ID"))
CHANGES = st.fixed_dictionaries(
    {}, optional={key: st.sampled_from(values) for key, values in KEYS.items()}
)
FILLED = CHANGES.map(
    lambda changes: {"method": "post", "url": "https://example.com/hook"} | changes
)


class Nothing(Exception):
    """There is nothing to pick from."""


def pick(values: Sequence[T], index: int) -> T:
    """Choose one of however many there are. Raises Nothing if there is none."""
    if not values:
        raise Nothing
    return values[index % len(values)]


def edit(method: str, **drawn: st.SearchStrategy[Any]) -> st.SearchStrategy[Edit]:
    return st.tuples(st.just(method), st.fixed_dictionaries(drawn))


IN_FILE = st.one_of(
    edit("change_profile", name=INDEX, changes=CHANGES),
    edit("map_number", number=INDEX, to=INDEX, how=REFERENCE, spelling=INDEX),
    edit("add_profile", name=INDEX, title=INDEX, table=FILLED),
    edit("retitle_profile", name=INDEX, title=INDEX),
    edit("lack_placeholders", name=INDEX),
    edit("remove_profile", name=INDEX, numbers=st.booleans()),
    edit("drop_number", number=INDEX),
    edit("drop_numbers", table=st.booleans()),
    edit("change_variable", name=st.sampled_from(sorted(VARIABLES)), value=INDEX),
)
MOVE = edit("move_number", number=INDEX, profile=INDEX)
IN_ACCOUNT = st.one_of(
    MOVE,
    edit("edit_profile", profile=INDEX, changes=st.sampled_from(IN_CONSOLE)),
    edit("create_profile", title=INDEX, body=st.sampled_from(BODIES), channel=INDEX),
    edit("delete_profile", profile=INDEX),
    edit("hinder", profile=INDEX, number=INDEX, disable=st.booleans()),
)
