"""The templates: built whole, refused with the exact words, inspected whatever the text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.expect import HOOK, QUERY
from tests.template.templating import (
    JSON_VALUES,
    QUERIES,
    SAFE,
    TEXTS,
    check_body,
    check_url,
    error_of,
)
from wacb.errors import TemplateError
from wacb.template import placeholders
from wacb.template.build import build_url
from wacb.template.inspect import Inspection, inspect_body, inspect_url
from wacb.template.placeholders import INCOMING, KNOWN

BODY = """{
  "body": "<body>",
  "mime_type": "<mime_type>",
  "media_url": "<media_url>",
  "from": "<from>",
  "name": "<name>",
  "type": "<type>",
  "created_at": "<created_at>",
  "reply_to": "<reply_to>",
  "wanumber": "<wanumber>",
  "mobile": "<mobile>",
  "custom_response": "<custom_response>",
  "message": "<message>",
  "contacts": "<contacts>",
  "location": "<location>"
}"""
Report = tuple[int, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
COMPLETE: Report = (14, (), (), ())

URL_HINT = (
    "add the missing ones, or remove all placeholders to let wacb add them "
    "(--allow-missing accepts the URL unchanged)"
)
BODY_HINT = "add the missing ones (--allow-missing accepts the body unchanged)"


def body_with(**changes: object) -> str:
    """A complete body; a changed member of None is left out."""
    members = {name: f"<{name}>" for name in INCOMING} | changes
    return json.dumps({key: value for key, value in members.items() if value is not None})


def report(present: int = 0, **found: tuple[str, ...]) -> Report:
    """A report; everything is missing unless said otherwise."""
    values = {"missing": INCOMING, "unknown": (), "encoded": ()} | found
    return present, values["missing"], values["unknown"], values["encoded"]


def summarize(found: Inspection) -> Report:
    return found.present, found.missing, found.unknown, found.encoded


# names and building


def test_names_are_the_fourteen_in_documented_order():
    assert " ".join(placeholders.names()) == (
        "body mime_type media_url from name type created_at reply_to wanumber mobile "
        "custom_response message contacts location"
    )


def test_names_with_status_append_the_outgoing_status_names_that_are_new():
    assert " ".join(placeholders.names(with_status=True)) == (
        "body mime_type media_url from name type created_at reply_to wanumber mobile "
        "custom_response message contacts location "
        "id timestamp status phone_number error error_code ref ref1 ref2 price"
    )


def test_known_names_are_those_of_all_three_lists_once():
    assert " ".join(KNOWN) == (
        "body mime_type media_url from name type created_at reply_to wanumber mobile "
        "custom_response message contacts location "
        "id timestamp status phone_number error error_code ref ref1 ref2 price "
        "time event message_template_id message_template_name message_template_language reason "
        "callback_profile_id company_id other_info"
    )


def test_the_query_maps_every_name_to_its_literal_placeholder():
    assert placeholders.build_query(INCOMING) == QUERY


def test_the_body_maps_every_name_to_its_literal_placeholder():
    assert placeholders.build_body(INCOMING) == BODY


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(HOOK, f"{HOOK}?{QUERY}", id="no query"),
        pytest.param("https://example.com", f"https://example.com?{QUERY}", id="no path"),
        pytest.param(f"{HOOK}?", f"{HOOK}?{QUERY}", id="ends in ?"),
        pytest.param(f"{HOOK}?a=1", f"{HOOK}?a=1&{QUERY}", id="query"),
        pytest.param(f"{HOOK}?a=1&", f"{HOOK}?a=1&{QUERY}", id="ends in &"),
        pytest.param(f"{HOOK}&", f"{HOOK}&?{QUERY}", id="path ends in &"),
        pytest.param(f"{HOOK}?a=1?", f"{HOOK}?a=1?&{QUERY}", id="value ends in ?"),
        pytest.param(f"{HOOK}?a=%2f+%7E//..", f"{HOOK}?a=%2f+%7E//..&{QUERY}", id="not re-encoded"),
        pytest.param(f"{HOOK}?Body=1&x=body", f"{HOOK}?Body=1&x=body&{QUERY}", id="other keys"),
        pytest.param(f"{HOOK}?a=1<2>0", f"{HOOK}?a=1<2>0&{QUERY}", id="brackets around no name"),
        pytest.param(f"{HOOK}?{QUERY}", f"{HOOK}?{QUERY}", id="own template"),
        pytest.param(
            f"{HOOK}/<body>?{QUERY}", f"{HOOK}/<body>?{QUERY}", id="own, in the path as well"
        ),
    ],
)
def test_a_url_keeps_its_own_characters_and_gets_the_placeholders(url, expected):
    assert build_url(url, INCOMING) == expected


def test_a_url_gets_the_names_it_is_given():
    assert build_url(HOOK, ("id", "ref")) == f"{HOOK}?id=<id>&ref=<ref>"


def test_a_key_that_only_a_status_template_adds_is_free_in_another():
    assert build_url(f"{HOOK}?id=7", INCOMING) == f"{HOOK}?id=7&{QUERY}"
    assert error_of(build_url, f"{HOOK}?id=7", placeholders.names(with_status=True))


@pytest.mark.parametrize("text", [f"{HOOK}?text=<body>", f"{HOOK}?code=<error_code>"])
def test_an_own_template_may_be_incomplete_on_request(text):
    assert build_url(text, INCOMING, allow_missing=True) == text


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        pytest.param(
            f"{HOOK}?a=1&body=2",
            "the URL already has the query parameter 'body'",
            "remove or rename it: wacb adds body=<body>",
            id="key",
        ),
        pytest.param(
            f"{HOOK}?from",
            "the URL already has the query parameter 'from'",
            "remove or rename it: wacb adds from=<from>",
            id="key without a value",
        ),
        pytest.param(
            f"{HOOK}?%62ody=2",
            "the URL already has the query parameter '%62ody'",
            "remove or rename it: wacb adds body=<body>",
            id="encoded key",
        ),
        pytest.param(
            f"{HOOK}?body=1?x",
            "the URL already has the query parameter 'body'",
            "remove or rename it: wacb adds body=<body>",
            id="key before another ?",
        ),
        pytest.param(
            f"{HOOK}#top",
            "the URL has a fragment (#…), which is never sent",
            "remove it",
            id="fragment",
        ),
        pytest.param(
            f"{HOOK}?a=\u201cb\u201d",
            "query parameter 1 ('a') contains the typographic quote \u201c",
            "remove it",
            id="typographic quotes in the query",
        ),
        pytest.param(
            f"{HOOK}/it\u2019s?a=b",
            "the path contains the typographic quote \u2019",
            "remove it",
            id="typographic quotes in the path",
        ),
        pytest.param(
            f"{HOOK}?{QUERY.removesuffix('&location=<location>')}",
            "missing: <location>",
            URL_HINT,
            id="one missing",
        ),
        pytest.param(
            f"{HOOK}?{QUERY[38:]}".replace("=<type>", "=<Type>"),
            "<Type> in query parameter 4 ('type') is not a Kaleyra placeholder "
            "(did you mean <type>?); missing: <body>, <mime_type>",
            URL_HINT,
            id="unknown and missing",
        ),
    ],
)
def test_a_url_is_refused_with_the_place_and_a_remedy(url, message, hint):
    assert error_of(build_url, url, INCOMING) == (message, hint)


@pytest.mark.parametrize(
    "spelled",
    [
        *("%3Cbody%3E", "%3cbody%3e", "%253Cbody%253E", "%25253cbody%25253e"),
        *("<body%3E", "%3Cbody>"),
        *("&lt;body&gt;", "&LT;body&GT;", "&amp;lt;body&amp;gt;", "&#60;body&#62;"),
        *("&#x3C;body&#x3e;", "&#0060;body&#x003E;", r"\u003cbody\u003E"),
    ],
)
def test_encoded_brackets_are_refused_in_url_and_body(spelled):
    url = f"{HOOK}?a=1&text={spelled}"
    problem = "is encoded, so Kaleyra never fills it (did you mean <body>?)"
    expected = f"{spelled} in query parameter 2 ('text') {problem}"
    lost = ", ".join(f"<{name}>" for name in INCOMING[1:])
    assert error_of(build_url, url, INCOMING) == (
        f"{expected}; missing: {lost}",
        URL_HINT,
    )
    assert error_of(check_url, url, allow_missing=True) == (expected, None)
    assert error_of(check_body, body_with(body=spelled)) == (
        f"{spelled} in member 'body' {problem}",
        None,
    )


def test_an_encoded_copy_of_a_placeholder_that_stands_literally_is_the_users_own():
    check_url(f"{HOOK}?{QUERY}&next=%3Cbody%3E")
    check_body(body_with(html="&lt;body&gt;"))


# checking bodies


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BODY, id="as built"),
        pytest.param(json.dumps({"a": " ".join(json.loads(BODY).values())}), id="one"),
        pytest.param(
            body_with(body=None, message={"text": ["<body>", {"n": "<message>"}]}), id="nested"
        ),
        pytest.param(BODY.replace("<", r"\u003C").replace(">", r"\u003e"), id="JSON escapes"),
        pytest.param(body_with(code="<error_code>", event="<event>"), id="names of other lists"),
        pytest.param(f'{body_with()[:-1]}, "n": [{"9" * 5000}, 1e999, -0, null]}}', id="numbers"),
        pytest.param(body_with(note="\u201cquoted\u201d"), id="typographic quotes in a value"),
        pytest.param(body_with(**{"users\u2019": ""}), id="apostrophe in a key"),
    ],
)
def test_a_right_body_passes(text):
    check_body(text)


def test_an_incomplete_body_passes_on_request_only():
    text = body_with(body=None, location=None)
    check_body(text, allow_missing=True)
    check_body("{}", allow_missing=True)
    assert error_of(check_body, text) == ("missing: <body>, <location>", BODY_HINT)


STRAIGHT = 'use straight quotes (") instead of typographic ones'


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        pytest.param("", "the body is not JSON: line 1, column 1", None, id="empty"),
        pytest.param("{\n  a: 1}", "the body is not JSON: line 2, column 3", None, id="invalid"),
        pytest.param(
            '{"body": <body>}',
            "the body is not JSON: line 1, column 10",
            'write a placeholder between quotes, like "<body>"',
            id="bare placeholder",
        ),
        pytest.param(
            '{\u201cbody\u201d: "<body>"}',
            "the body is not JSON: line 1, column 2",
            f"{STRAIGHT} (\u201c)",
            id="typographic quotes around a key",
        ),
        pytest.param(
            '{"body": \u2018<body>\u2019}',
            "the body is not JSON: line 1, column 10",
            f"{STRAIGHT} (\u2018)",
            id="typographic quotes around a value",
        ),
        pytest.param(
            '{"body\u201d : "<body>"}',
            "the body is not JSON: line 1, column 12",
            f"{STRAIGHT} (\u201d)",
            id="typographic quote at the end alone",
        ),
        pytest.param(
            '{"a": "it\u2019s", oops}',
            "the body is not JSON: line 1, column 15",
            None,
            id="an apostrophe is not the reason",
        ),
        pytest.param(
            '["<body>"]',
            "the body is not a JSON object",
            'write {"body": "<body>", …}',
            id="array",
        ),
        pytest.param(
            '"<body>"', "the body is not a JSON object", 'write {"body": "<body>", …}', id="string"
        ),
        pytest.param('{"a": NaN}', "the body is not JSON: it contains NaN", None, id="NaN"),
        pytest.param(
            '{"a": -Infinity}', "the body is not JSON: it contains -Infinity", None, id="Infinity"
        ),
        pytest.param(
            '{"a": {"b": 1, "c": 2, "b": 3}}',
            "duplicate key 'b' in one object of the body",
            None,
            id="key twice",
        ),
        pytest.param(
            '{"\u201cbody\u201d": "<body>"}',
            "the key '\u201cbody\u201d' of the body has typographic quotes around it",
            None,
            id="typographic quotes inside straight ones",
        ),
        pytest.param(
            '{"a":' * 50_000, "the body is not JSON: it is nested too deeply", None, id="objects"
        ),
        pytest.param(
            "[" * 50_000, "the body is not JSON: it is nested too deeply", None, id="arrays"
        ),
    ],
)
def test_a_body_that_is_no_template_is_refused(text, message, hint):
    assert error_of(check_body, text) == (message, hint)


@pytest.mark.parametrize(
    ("changes", "message", "hint"),
    [
        pytest.param(
            {"mime_type": "<mimetype>"},
            "<mimetype> in member 'mime_type' is not a Kaleyra placeholder (did you "
            "mean <mime_type>?)",
            None,
            id="misspelt",
        ),
        pytest.param(
            {"body": "<BODY>"},
            "<BODY> in member 'body' is not a Kaleyra placeholder (did you mean <body>?)",
            None,
            id="case matters",
        ),
        pytest.param(
            {"created_at": "<Created-At >"},
            "<Created-At > in member 'created_at' is not a Kaleyra placeholder "
            "(did you mean <created_at>?)",
            None,
            id="hyphen and space",
        ),
        pytest.param(
            {"message": {"text": [{"all": "<message> <qqqqq>"}]}},
            "<qqqqq> in member 'message.text[0].all' is not a Kaleyra placeholder",
            None,
            id="nothing is near, and nested",
        ),
        pytest.param(
            {"extra": "<errorcode>"},
            "<errorcode> in member 'extra' is not a Kaleyra placeholder (did you mean "
            "<error_code>?)",
            None,
            id="near a status name",
        ),
        pytest.param(
            {"x": "%3Cmimetype%3E"},
            "%3Cmimetype%3E in member 'x' is encoded, so Kaleyra never fills it (did "
            "you mean <mime_type>?)",
            None,
            id="encoded and misspelt",
        ),
        pytest.param(
            {"x": "&lt;qqqqq&gt;"},
            "&lt;qqqqq&gt; in member 'x' is encoded, so Kaleyra never fills it",
            None,
            id="encoded, nothing is near",
        ),
        pytest.param(
            {"body": "%3Cbody%3E", "name": None, "type": "<typ>", "location": None},
            "%3Cbody%3E in member 'body' is encoded, so Kaleyra never fills it (did you "
            "mean <body>?); "
            "<typ> in member 'type' is not a Kaleyra placeholder (did you mean <type>?); "
            "missing: <name>, <location>",
            BODY_HINT,
            id="everything at once",
        ),
        pytest.param(
            {"x": "<Foo> %3CFoo%3E"},
            "<Foo> in member 'x' is not a Kaleyra placeholder",
            None,
            id="unknown in both spellings",
        ),
    ],
)
def test_a_wrong_placeholder_is_named_with_its_place_and_the_nearest_right_one(
    changes, message, hint
):
    assert error_of(check_body, body_with(**changes)) == (message, hint)


def test_allowing_missing_placeholders_does_not_allow_wrong_ones():
    message = "<bdy> in {} is not a Kaleyra placeholder (did you mean <body>?)"
    url, body = f"{HOOK}?a=<bdy>", '{"a": "<bdy>"}'
    assert error_of(check_url, url, allow_missing=True) == (
        message.format("query parameter 1 ('a')"),
        None,
    )
    assert error_of(check_body, body, allow_missing=True) == (
        message.format("member 'a'"),
        None,
    )


def test_the_place_of_an_escaped_bracket_is_the_query_key_it_stands_under():
    url = f"{HOOK}?a=1&amp;b=&lt;x_x&gt;&lt;y_y&gt;&c=<body>"
    assert error_of(check_url, url, allow_missing=True) == (
        "&lt;x_x&gt; in query parameter 2 ('amp;b') is encoded, so Kaleyra never fills it; "
        "&lt;y_y&gt; in query parameter 2 ('amp;b') is encoded, so Kaleyra never fills it",
        None,
    )


def test_a_query_begins_at_the_first_question_mark_and_a_value_at_the_first_equals_sign():
    url = f"{HOOK}?a=b?c=<x_x>"
    assert error_of(check_url, url, allow_missing=True) == (
        "<x_x> in query parameter 1 ('a') is not a Kaleyra placeholder",
        None,
    )


# compacting


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            ' {\n\t"b" : "<body> & 2",\r\n "a": [ 1, 2 ] } ',
            '{"b":"<body> & 2","a":[1,2]}',
            id="white space goes, order stays",
        ),
        pytest.param(
            r'{"\u003Ca\u003e": "\u003cbody\u003E \u0026"}', '{"<a>":"<body> &"}', id="<>& literal"
        ),
        pytest.param(
            r'{"a": "\\u003c \"\u00e9\" \ud800 \n \\", "é": " "}',
            r'{"a":"\\u003c \"\u00e9\" \ud800 \n \\","é":" "}',
            id="other escapes stay",
        ),
        pytest.param('[1.10, 1E400, -0, 1e2, ""]', '[1.10,1E400,-0,1e2,""]', id="numbers stay"),
    ],
)
def test_compact_drops_white_space_and_nothing_else(text, expected):
    assert placeholders.compact(text) == expected


def test_compact_refuses_what_is_not_json_and_a_key_that_stands_twice():
    assert error_of(placeholders.compact, "{") == ("the body is not JSON: line 1, column 2", None)
    assert error_of(placeholders.compact, '{"a":1,"a":1}') == (
        "duplicate key 'a' in one object of the body",
        None,
    )


# inspecting


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", report(), id="empty"),
        pytest.param(f"{HOOK}?{QUERY}", COMPLETE, id="complete URL"),
        pytest.param(
            f"{HOOK}?{QUERY}".replace("<", '"<').replace(">", '>"'), COMPLETE, id="in quotes"
        ),
        pytest.param(f"\n{BODY}", COMPLETE, id="complete body"),
        pytest.param(
            f"{HOOK}?{QUERY}&x=<Body>&y=<x y>&z=<Body>&b=%3Cbody%3E&q=&lt;id&gt;&r=%3Cid%3E",
            report(14, missing=(), unknown=("Body", "x y"), encoded=("id",)),
            id="each name once, encoded only where it is not literal",
        ),
        pytest.param(
            '{"<body>": 1, "a": "<name> <qq>", "b": ["%3Cfrom%3E"], "c": "\\u003ctype>"}',
            report(
                2,
                missing=tuple(name for name in INCOMING if name not in ("name", "type")),
                unknown=("qq",),
                encoded=("from",),
            ),
            id="keys do not count, nested values do",
        ),
        pytest.param(
            '{"a": "<body>", b: "\\u003cname>"}',
            report(),
            id="not JSON: nothing arrives",
        ),
        pytest.param("< body><1a><body", report(), id="not shaped like a name"),
        pytest.param("%3C<\u212aa><\u017f>", report(), id="ASCII letters alone make a name"),
    ],
)
def test_inspect_reports_what_stands_in_a_template(text, expected):
    look = inspect_body if text.lstrip().startswith("{") else inspect_url
    assert summarize(look(text)) == expected


def test_inspect_takes_a_url_as_it_stands_and_a_body_by_its_values():
    text = '{"a": "\\u003cbody\\u003e"}'
    assert summarize(inspect_url(text)) == report(encoded=("body",))
    assert summarize(inspect_body(text)) == report(1, missing=INCOMING[1:])


# what a profile is for


@pytest.mark.parametrize(
    ("text", "title", "events", "expected"),
    [
        pytest.param(f"{HOOK}?a=<wanumber>", "", (), True, id="wanumber"),
        pytest.param('{"a": "<reply_to>"}', "", (), True, id="reply_to in a body"),
        pytest.param(f"{HOOK}?a=<media_url>", "", (), True, id="media_url"),
        pytest.param(f"{HOOK}?a=<mime_type>", "", (), True, id="mime_type"),
        pytest.param(f"{HOOK}?a=%3Cwanumber%3E", "", (), True, id="encoded"),
        pytest.param(HOOK, "My INCOMING hook", (), True, id="title"),
        pytest.param(HOOK, "inbound", (), True, id="inbound title"),
        pytest.param(HOOK, "x", ("sent", "WA_Incoming"), True, id="event"),
        pytest.param(f"{HOOK}/incoming?wanumber=<body>", "hook", ("sent",), False, id="no sign"),
        pytest.param('{"wanumber": "<mobile>"}', "hook", (), False, id="a key is no sign"),
    ],
)
def test_a_profile_looks_incoming_by_template_title_or_events(text, title, events, expected):
    assert placeholders.looks_incoming(text, title, events) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((f"{HOOK}?x=<{name}>", True) for name in placeholders.names(with_status=True)[14:]),
        *((f"{HOOK}?x=<{name}>", False) for name in INCOMING),
        (f"{HOOK}?x=<event>", False),
        ('{"x": {"y": "<status>"}}', True),
        ('{"<status>": "status"}', False),
        (f"{HOOK}?x=%3Cstatus%3E", False),
    ],
)
def test_a_template_has_status_by_names_that_only_status_callbacks_fill(text, expected):
    assert placeholders.has_status(text) is expected


# any input


@given(path=st.text(SAFE, max_size=8), mark=st.sampled_from(("", "?")), query=QUERIES)
def test_any_url_keeps_its_bytes_and_gets_every_placeholder_once(path, mark, query):
    url = f"https://example.com/{path}{mark}{query}"
    built = build_url(url, INCOMING)
    assert built.startswith(url)
    assert built.endswith(QUERY)
    assert built[len(url)] in "?&" or url[-1] in "?&"
    assert [built.count(f"<{name}>") for name in INCOMING] == [1] * 14
    assert summarize(inspect_url(built)) == COMPLETE
    assert build_url(built, INCOMING) == built


@given(name=st.sampled_from(INCOMING), encoded=st.sets(st.sampled_from("aeiorstum_")))
def test_any_taken_key_is_refused_however_it_is_spelled(name, encoded):
    key = "".join(f"%{ord(char):02x}" if char in encoded else char for char in name)
    message, _ = error_of(build_url, f"{HOOK}?x=1&{key}=2", INCOMING)
    assert message == f"the URL already has the query parameter {key!r}"


@given(text=TEXTS)
def test_any_text_is_a_body_or_a_template_error(text):
    for check in (check_body, check_url, placeholders.compact):
        try:
            check(text)
        except TemplateError as error:
            assert error.message


@given(text=TEXTS)
def test_any_text_is_inspected_without_an_error(text):
    for look in (inspect_url, inspect_body):
        found = look(text)
        assert found.present == 14 - len(found.missing)
        assert not set(found.unknown) & set(KNOWN)
    assert placeholders.looks_incoming(text, text, (text,)) in (True, False)
    assert placeholders.has_status(text) in (True, False)


@pytest.mark.parametrize("text", ['{"a":' * 50_000, "[" * 50_000, "<" * 50_000, "%25" * 50_000])
def test_a_monstrous_text_is_inspected_without_an_error(text):
    assert summarize(inspect_body(text)) == report()


@given(
    value=st.dictionaries(st.text('ab<>& \\"\u00e9', max_size=4), JSON_VALUES, max_size=4),
    indent=st.none() | st.integers(0, 3),
    ascii_only=st.booleans(),
)
def test_compact_means_the_same_and_is_stable(value, indent, ascii_only):
    compacted = placeholders.compact(json.dumps(value, indent=indent, ensure_ascii=ascii_only))
    assert json.loads(compacted) == value
    assert list(json.loads(compacted)) == list(value)
    assert placeholders.compact(compacted) == compacted
    assert inspect_body(compacted) == inspect_body(json.dumps(value))


@given(
    dropped=st.sets(st.sampled_from(INCOMING)), order=st.permutations(INCOMING), url=st.booleans()
)
def test_any_dropped_placeholders_are_the_ones_reported_missing(dropped, order, url):
    kept = [name for name in order if name not in dropped]
    text = f"{HOOK}?{placeholders.build_query(kept)}" if url else placeholders.build_body(kept)
    expected = tuple(name for name in INCOMING if name in dropped)
    look = inspect_url if url else inspect_body
    assert summarize(look(text)) == report(len(kept), missing=expected)
    check = check_url if url else check_body
    check(text, allow_missing=True)
    if dropped:
        message = "missing: " + ", ".join(f"<{name}>" for name in expected)
        assert error_of(check, text) == (message, URL_HINT if url else BODY_HINT)
    else:
        check(text)
