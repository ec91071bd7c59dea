"""Whatever stands in a wacb.toml, it is a manifest or a fault of it, and keeps its secrets."""

from __future__ import annotations

import json
from typing import Any

import tomli_w
from hypothesis import example, given
from hypothesis import strategies as st

from tests.plan.manifest.reading import URL
from wacb.errors import InvalidInput
from wacb.plan.manifest.model import Manifest
from wacb.plan.manifest.read import parse
from wacb.template.placeholders import INCOMING

FULL = {name: f"<{name}>" for name in INCOMING}
SECRETS = {
    "A": "zQ",
    "B": "https://zq.local",
    "C": "zq <body> <bdy>",
    "D": '"zq\\',
    "E": "zq\n",
    "F": "zq\udcff",
    "G": "https://zq@host/",
    "H": "zq.example.com",
    "I": "%3Czq%3E",
    "J": "zq" * 8,
    "K": "?zq=1&body=2",
    "L": "",
    "M": "Get",
    "WACB_API_KEY": "zq-key",
}


def read(text: str, *, local: bool = False) -> Manifest | InvalidInput:
    """Read a file, and look that nothing shows what a variable held."""
    try:
        manifest = parse(text, file="wacb.toml", environ=SECRETS, local=local)
    except InvalidInput as error:
        told = f"{error.message} {error.hint} {error.details} {error!r}".lower()
        assert "zq" not in told
        assert (error.__cause__, error.__context__) == (None, None)
        return error
    shown = (repr(manifest.profiles), *manifest.notes)
    assert "zq" not in "".join(shown).lower()
    assert not set(manifest.secrets) - set(SECRETS.values())
    for desired in manifest.profiles:
        assert "zq" not in repr(desired.sources).lower()
    return manifest


PIECE = st.one_of(
    st.sampled_from([f"${{{name}}}" for name in (*SECRETS, "NONE")]),
    st.sampled_from(["$", "$$", "${", "<body>", "<bdy>", "%3Cbody%3E", "&", "?", "=", '"', "a"]),
    st.text(st.characters(exclude_characters="qQ", codec="utf-8"), max_size=4),
)
WORD = st.lists(PIECE, max_size=5).map("".join)
KEY = st.text(st.characters(exclude_characters="qQ", codec="utf-8"), max_size=6)
SCALAR = st.one_of(
    WORD,
    st.booleans(),
    st.integers(),
    st.floats(),
    *(st.dates(), st.times(), st.datetimes()),
)
ANYTHING = st.recursive(
    SCALAR,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3),
    max_leaves=8,
)


def usually(right: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Take what is right, or now and then anything."""
    return st.integers(0, 29).flatmap(lambda at: right if at else st.one_of(WORD, ANYTHING))


def usually_of(*right: Any) -> st.SearchStrategy[Any]:
    return usually(st.sampled_from(right))


TEXT = usually_of("x", "$$", "a ${A}", "${D}")
ENCRYPTION = st.fixed_dictionaries(
    {"algorithm": usually_of("aes-128-cfb"), "key": usually_of("${J}"), "iv": usually_of("${J}")},
    optional={"encoding": usually_of("raw", "RAW")},
)
HEADERS = st.dictionaries(st.sampled_from(["X-A", "Authorization"]), usually_of("${J}", "${J}!"))
PROFILE = st.fixed_dictionaries(
    {
        "title": usually(st.uuids().map(str)),
        "method": usually_of("Post", "put"),
        "url": usually_of(URL, f"{URL}?a=${{A}}", "https://${H}", "https://${H}/a?b=c"),
    },
    optional={
        "headers": usually(HEADERS),
        "response_message": TEXT,
        "channel": TEXT,
        "events": usually(st.lists(TEXT, max_size=2)),
        "body": usually(TEXT.map(lambda text: FULL | {"own": text}) | st.just(json.dumps(FULL))),
        **dict.fromkeys(("allow_missing", "allow_http", "allow_local"), usually(st.booleans())),
        "encryption": usually(ENCRYPTION),
    },
)
GET_PROFILE = st.fixed_dictionaries(
    {
        "title": usually_of("one", "two"),
        "method": usually_of("get", "DELETE", "${M}"),
        "url": usually_of(URL, f"{URL}?a=${{A}}", "https://${H}/${A}"),
    },
    optional={"with_status": usually(st.booleans())},
)
NUMBERS = st.dictionaries(
    st.sampled_from(["+919812345678", "0091 98123-45679", "+15550100001"]),
    usually_of("a", "b", "one", "${H}"),
)
FILE = st.fixed_dictionaries(
    {
        "profiles": usually(
            st.dictionaries(
                st.sampled_from(["a", "b", "c d"]), usually(PROFILE | GET_PROFILE), max_size=3
            )
        )
    },
    optional={"numbers": usually(NUMBERS)},
)


@given(st.text(st.characters(exclude_characters="qQ")))
@example("\ufeff")
@example("a.b = 1\na.b.c = 2")
def test_any_text_is_read_or_refused(text: str):
    read(text)


@given(FILE, st.booleans())
def test_any_tables_are_read_or_refused(content: dict[str, Any], local: bool):
    read(tomli_w.dumps(content), local=local)


@given(st.dictionaries(KEY | st.sampled_from(["profiles", "numbers"]), ANYTHING, max_size=3))
def test_any_toml_is_read_or_refused(content: dict[str, Any]):
    read(tomli_w.dumps(content))
