"""Templates repaired: what is not theirs keeps its bytes, what can't be repaired is named."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.expect import HOOK, QUERY
from tests.template.templating import (
    JSON_VALUES,
    QUERIES,
    TEXTS,
    check_body,
    check_url,
    error_of,
)
from wacb.errors import TemplateError
from wacb.template import placeholders, repair
from wacb.template.placeholders import INCOMING

BODY = placeholders.compact(placeholders.build_body(INCOMING))
URL = f"{HOOK}?{QUERY}"
SPELLINGS = ("%3C{}%3E", "%253c{}%253e", "&lt;{}&gt;", "&amp;lt;{}&amp;gt;", "&#60;{}%3E")


def query(*dropped: str) -> str:
    return placeholders.build_query([name for name in INCOMING if name not in dropped])


def body(*dropped: str) -> str:
    kept = [name for name in INCOMING if name not in dropped]
    return placeholders.compact(placeholders.build_body(kept))


# repairing URLs


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(HOOK, URL, id="nothing there"),
        pytest.param(f"{HOOK}?", URL, id="empty query"),
        pytest.param(f"{HOOK}#{QUERY}", URL, id="query in the fragment"),
        pytest.param(f"{HOOK}?a=%2F+1&b", f"{HOOK}?a=%2F+1&b&{QUERY}", id="own parameters"),
        pytest.param(
            f"{HOOK}?{query('from', 'message')}",
            f"{HOOK}?{query('from', 'message')}&from=<from>&message=<message>",
            id="two missing, in the documented order",
        ),
        pytest.param(
            f"{HOOK}?{query('from')}&", f"{HOOK}?{query('from')}&from=<from>", id="ends in &"
        ),
        pytest.param(URL.replace("<", "%3C").replace(">", "%3e"), URL, id="percent-encoded"),
        pytest.param(URL.replace("<", "%253C").replace(">", "%253E"), URL, id="twice"),
        pytest.param(URL.replace("<", "&lt;").replace(">", "&gt;"), URL, id="HTML"),
        pytest.param(URL.replace("<", "&amp;#x3c;").replace(">", "&#62;"), URL, id="both, mixed"),
        pytest.param(
            f"{URL}&x=%3Cfrom%3E-%253Cfrom%253E".replace("=<from>", "=%3Cfrom%3E"),
            f"{URL}&x=<from>-<from>",
            id="every copy of one that stands only encoded",
        ),
        pytest.param(
            f"{HOOK}/%3Cbody%3E/%2F?x=<from>%20%3Cwa-number%3E",
            f"{HOOK}/<body>/%2F?x=<from>%20<wanumber>&{QUERY}",
            id="in the path and within a value",
        ),
        pytest.param(URL.replace("<mime_type>", "<mimetype>"), URL, id="misspelt"),
        pytest.param(URL.replace("<mime_type>", "%3CMimeType%3E"), URL, id="and encoded"),
        pytest.param(
            f"{URL}&a=<Mimetype>&b=%3CMimetype%3E".replace("=<mime_type>", "=x"),
            f"{URL}&a=<mime_type>&b=<mime_type>".replace("=<mime_type>", "=x", 1),
            id="one misspelling in two places",
        ),
        pytest.param(f"{URL}&code=<eror_code>", f"{URL}&code=<error_code>", id="a status name"),
    ],
)
def test_a_url_is_repaired_where_it_is_wrong_and_nowhere_else(url, expected):
    assert repair.repair_url(url).text == expected
    assert repair.repair_url(expected).text == expected
    check_url(expected)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(URL, id="as built"),
        pytest.param(f"{URL}&next=%3Cbody%3E", id="a copy encoded by the user"),
        pytest.param(f"{HOOK}?&&x=<id>&{QUERY}&", id="untidy"),
        pytest.param(f"{URL}#top", id="fragment"),
    ],
)
def test_a_complete_url_stays_as_it_is(url):
    assert repair.repair_url(url).text == url


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        pytest.param(
            f"{HOOK}?body=x&a=1&t%79pe=",
            "the URL cannot be fixed without changing query parameter 'body' and "
            "query parameter 't%79pe'",
            None,
            id="keys taken, one of them empty",
        ),
        pytest.param(
            URL.replace("<body>", "<message>"),
            "the URL cannot be fixed without changing query parameter 'body'",
            None,
            id="key taken by another placeholder",
        ),
        pytest.param(
            f"{HOOK}?a=<qqqqq>",
            "<qqqqq> in query parameter 1 ('a') is not a Kaleyra placeholder",
            None,
            id="no name",
        ),
        pytest.param(
            f"{HOOK}?a=%3Cqqqqq%3E",
            "%3Cqqqqq%3E in query parameter 1 ('a') is encoded, so Kaleyra never fills it",
            None,
            id="no name, encoded",
        ),
        pytest.param(
            f"{URL}&a=<mimetype>",
            "<mimetype> in query parameter 15 ('a') is not a Kaleyra placeholder "
            "(did you mean <mime_type>?)",
            None,
            id="the right name is there already",
        ),
        pytest.param(
            f"{HOOK}?a=%3Cbody%3E&b=<bdy>",
            "<bdy> in query parameter 2 ('b') is not a Kaleyra placeholder (did you mean <body>?)",
            None,
            id="the right name is there, encoded",
        ),
        pytest.param(
            f"{HOOK}?a=<bdy>&b=<Body>",
            "<bdy> in query parameter 1 ('a') is not a Kaleyra placeholder (did you mean <body>?); "
            "<Body> in query parameter 2 ('b') is not a Kaleyra placeholder (did you mean <body>?)",
            None,
            id="two misspellings of one name",
        ),
        pytest.param(
            f"{HOOK}?a=<ref3>",
            "<ref3> in query parameter 1 ('a') is not a Kaleyra placeholder (did you mean <ref>?)",
            None,
            id="two names are as near",
        ),
        pytest.param(
            f"{HOOK}?a=\u201c",
            "query parameter 1 ('a') contains the typographic quote \u201c",
            "remove it",
            id="typographic quote",
        ),
    ],
)
def test_a_url_that_cannot_be_repaired_is_refused_with_the_place(url, message, hint):
    assert error_of(repair.repair_url, url) == (message, hint)


# repairing bodies


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{}", BODY, id="nothing there"),
        pytest.param(" {\n\t } ", f" {BODY[:-1]}\n\t }} ", id="white space in an empty object"),
        pytest.param(
            '{\n  "a": {"b": [1.10, 1E400]}\n}\n',
            f'{{\n  "a": {{"b": [1.10, 1E400]}},{BODY[1:-1]}\n}}\n',
            id="own members",
        ),
        pytest.param(
            body("body", "message"),
            body("body", "message")[:-1] + ',"body":"<body>","message":"<message>"}',
            id="two missing",
        ),
        pytest.param(BODY.replace("<", "%3c").replace(">", "%3E"), BODY, id="percent-encoded"),
        pytest.param(BODY.replace("<", "%25253C").replace(">", "%3E"), BODY, id="thrice"),
        pytest.param(BODY.replace("<", "&lt;").replace(">", "&gt;"), BODY, id="HTML"),
        pytest.param(
            BODY.replace("<", r"\u0026lt;").replace(">", r"\u0026gt\u003b"),
            BODY,
            id="HTML, its characters escaped in JSON",
        ),
        pytest.param(
            BODY.replace("<", r"\\u003c").replace(">", r"\\u003e"), BODY, id="JSON, escaped twice"
        ),
        pytest.param(
            BODY.replace("<message>", r"\ud83d\uDE00 \"\\%3Cmessage%3E\\\" \ud83d\u00e9"),
            BODY.replace("<message>", r"\ud83d\uDE00 \"\\<message>\\\" \ud83d\u00e9"),
            id="escapes around it stay",
        ),
        pytest.param(
            BODY.replace("<message>", "\U0001f600\ud83d%3Cmessage%3E\u2028"),
            BODY.replace("<message>", "\U0001f600\ud83d<message>\u2028"),
            id="characters that need no escape",
        ),
        pytest.param(
            '{"%3Cbody%3E" : 1, "x" :{"y":["%3Cbody%3E","<custom response>"], "z":true}}',
            '{"%3Cbody%3E" : 1, "x" :{"y":["<body>","<custom_response>"], "z":true},'
            + body("body", "custom_response")[1:],
            id="nested values, never keys",
        ),
        pytest.param(
            BODY.replace("<location>", r"\u003cLoction\u003E"), BODY, id="misspelt, JSON-escaped"
        ),
    ],
)
def test_a_body_is_repaired_where_it_is_wrong_and_nowhere_else(text, expected):
    assert repair.repair_body(text).text == expected
    assert repair.repair_body(expected).text == expected
    check_body(expected)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(placeholders.build_body(INCOMING), id="as built"),
        pytest.param(f'\t{BODY[:-1]} , "n":-0.0 , "html" : "&lt;body&gt;" }}\n', id="own members"),
        pytest.param(BODY.replace("<", r"\u003C").replace(">", r"\u003e"), id="JSON escapes"),
        pytest.param(json.dumps({"all": QUERY}), id="all in one value"),
    ],
)
def test_a_complete_body_stays_as_it_is(text):
    assert repair.repair_body(text).text == text


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        pytest.param(
            r'{"b\u006fdy": "", "type": {"name": 1}}',
            "the body cannot be fixed without changing member 'body' and member 'type'",
            None,
            id="keys taken, one of them empty",
        ),
        pytest.param(
            BODY.replace("<type>", "text"),
            "the body cannot be fixed without changing member 'type'",
            None,
            id="key taken by a text",
        ),
        pytest.param(
            '{"a": ["<qqqqq>"]}',
            "<qqqqq> in member 'a[0]' is not a Kaleyra placeholder",
            None,
            id="no name",
        ),
        pytest.param(
            f'{BODY[:-1]},"a":"<mimetype>"}}',
            "<mimetype> in member 'a' is not a Kaleyra placeholder (did you mean <mime_type>?)",
            None,
            id="the right name is there already",
        ),
        pytest.param(
            '["<body>"]', "the body is not a JSON object", 'write {"body": "<body>", …}', id="array"
        ),
        pytest.param("body=1", "the body is not JSON: line 1, column 1", None, id="no JSON"),
    ],
)
def test_a_body_that_cannot_be_repaired_is_refused_with_the_place(text, message, hint):
    assert error_of(repair.repair_body, text) == (message, hint)


# what a misspelt name means


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        *(("Body", "body"), ("MIME-TYPE", "mime_type"), ("wa_number", "wanumber")),
        *(("replyTo", "reply_to"), ("media url ", "media_url"), ("r_e_f", "ref"), ("Id", "id")),
        *(("bdy", "body"), ("mesage", "message"), ("contact", "contacts")),
        *(("locations", "location"), ("xname", "name"), ("tyype", "type")),
        *(("bofy", "body"), ("xody", "body"), ("mobila", "mobile"), ("REF1x", "ref1")),
        *(("form", "from"), ("obdy", "body"), ("mobiel", "mobile"), ("cretaed-at", "created_at")),
    ],
)
def test_a_name_one_slip_away_becomes_the_right_one(wrong, right):
    key = "body" if right == "body" else "x"
    text = json.dumps({key: f"<{wrong}>"})
    assert json.loads(repair.repair_body(text).text)[key] == f"<{right}>"


@pytest.mark.parametrize(
    "name",
    [
        *("bd", "boddyy", "ydob", "byod", "odyb", "fomr_", "typename"),  # more than a slip
        *("ref3", "tame", "message_template"),  # several are as near
        *("uid", "mid", "refs", "rf", "i"),  # too short to be sure
        *("message_id", "media_type", "sender", "user_name", "created", "text"),  # another thing
    ],
)
def test_any_other_name_is_left_for_a_person_to_decide(name):
    message, _ = error_of(repair.repair_url, f"{HOOK}?x=<{name}>")
    assert message.startswith(f"<{name}> in query parameter 1 ('x') is not a Kaleyra placeholder")


SPACE = st.text(" \t\r\n", max_size=3)


@st.composite
def damages(draw: st.DrawFn) -> dict[str, str | None]:
    """Each name's placeholder: right, encoded, with a letter missing, or None when it is lost."""
    damaged: dict[str, str | None] = {}
    for name in INCOMING:
        kind = draw(st.integers(0, 3))
        at = draw(st.integers(0, len(name) - 1)) if kind == 2 else len(name)
        spelling = draw(st.sampled_from(("<{}>", *SPELLINGS))) if kind else "<{}>"
        damaged[name] = None if kind == 3 else spelling.format(name[:at] + name[at + 1 :])
    return damaged


def mixed(names: list[str], own: dict[str, str], order: Random) -> list[str]:
    """Put the template's names and the user's own among each other."""
    keys = [*names, *own]
    order.shuffle(keys)
    return keys


@given(damaged=damages(), own=QUERIES, order=st.randoms())
def test_any_damage_to_a_url_is_repaired_and_nothing_else_is_touched(damaged, own, order):
    before = {name: f"{name}={text}" for name, text in damaged.items() if text is not None}
    after = {name: f"{name}=<{name}>" for name in before}
    foreign = {f"own {at}": text for at, text in enumerate(own.split("&"))}
    keys = mixed([*before], foreign, order)
    whole = f"{HOOK}?" + "&".join((after | foreign)[key] for key in keys)
    lost = [name for name in INCOMING if name not in before]
    if lost:
        joint = "" if whole == f"{HOOK}?" or whole.endswith("&") else "&"
        whole += joint + placeholders.build_query(lost)
    damaged_url = f"{HOOK}?" + "&".join((before | foreign)[key] for key in keys)
    assert repair.repair_url(damaged_url).text == whole
    assert repair.repair_url(whole).text == whole
    check_url(whole)


def is_foreign(value: object) -> bool:
    return "<" not in (text := json.dumps(value)) and "&" not in text and "%" not in text


@given(
    damaged=damages(),
    own=st.dictionaries(
        st.text('<body> \\"\u00e9\U0001f600', max_size=6).filter(lambda key: key not in INCOMING),
        JSON_VALUES.filter(is_foreign),
        max_size=4,
    ),
    ascii_only=st.booleans(),
    order=st.randoms(),
    space=SPACE,
)
def test_any_damage_to_a_body_is_repaired_and_nothing_else_is_touched(
    damaged, own, ascii_only, order, space
):
    before = {name: f'"{name}"{space}:"{text}"' for name, text in damaged.items() if text}
    after = {name: f'"{name}"{space}:"<{name}>"' for name in before}
    foreign = {
        f"own {at}": json.dumps({key: value}, ensure_ascii=ascii_only)[1:-1]
        for at, (key, value) in enumerate(own.items())
    }
    keys = mixed([*before], foreign, order)
    lost = ",".join(f'"{name}":"<{name}>"' for name in INCOMING if name not in before)
    members = f",{space}".join((after | foreign)[key] for key in keys)
    whole = f"{{{space}{members}{',' if keys and lost else ''}{lost}{space}}}"
    members = f",{space}".join((before | foreign)[key] for key in keys)
    assert repair.repair_body(f"{{{space}{members}{space}}}").text == whole
    assert repair.repair_body(whole).text == whole
    check_body(whole)


@given(text=TEXTS)
def test_any_text_is_repaired_for_good_or_refused(text):
    for mend, check in (
        (repair.repair_url, check_url),
        (repair.repair_body, check_body),
    ):
        try:
            repaired = mend(text)
        except TemplateError as error:
            assert error.message
        else:
            check(repaired.text)
            assert mend(repaired.text) == (repaired.text, ())
