"""What a callback says: any request becomes named fields, judged and never refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples, sampled
from wacb.callbacks.decode import Received, Request, read, read_text
from wacb.callbacks.encryption import Cipher
from wacb.callbacks.samples import TYPES, sample
from wacb.cli.render import record, tsv
from wacb.errors import CheckFailed, InvalidInput
from wacb.jsontext import json_line
from wacb.models import Encryption
from wacb.template.placeholders import INCOMING

NUMBER, SENDER = "+15550100001", "+15550100099"
NESTED = [{"from": "15550100099", "type": "text", "text": {"body": "Hi"}}]
MESSAGE = dict.fromkeys(INCOMING, "") | {
    "body": "Hi",
    "from": "15550100099",
    "type": "text",
    "wanumber": "15550100001",
    "message": json.dumps(NESTED),
}
EMPTY = tuple(name for name in INCOMING if not MESSAGE[name])


def post(body: object, *, query: str = "", method: str = "POST", content_type: str = "") -> Request:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(method, "/hook", query, {"content-type": content_type}, raw)


def get(query: str, *, method: str = "GET") -> Request:
    return Request(method, "/hook", query, {}, b"")


def listing(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# -- where values stand


def opened(fields: dict[str, str]) -> dict[str, Any]:
    """The fields of a sample as they are shown: JSON text opened."""
    nested = ("message", "contacts", "location")
    return fields | {name: json.loads(fields[name]) for name in nested if fields[name]}


@pytest.mark.parametrize("kind", sampled(TYPES, every=4))
@pytest.mark.parametrize(
    "request_of",
    [
        lambda fields: get(urlencode(fields, quote_via=quote)),
        lambda fields: get(urlencode(fields)),
        lambda fields: get(urlencode(fields, quote_via=quote), method="DELETE"),
        post,
        lambda fields: post(fields, method="PUT", content_type="text/plain"),
        lambda fields: post(json.dumps(fields, ensure_ascii=False).encode("utf-8-sig")),
        lambda fields: post(urlencode(fields).encode(), content_type="application/json"),
    ],
    ids=["GET", "GET with +", "DELETE", "POST", "PUT as text", "POST with BOM", "form"],
)
def test_every_sample_arrives_as_it_was_sent(
    kind: str, request_of: Callable[[dict[str, str]], Request]
):
    fields = sample(kind, number=NUMBER, sender=SENDER, now=1_790_000_000.0, seed=7)
    received = read(request_of(fields))
    assert received.kind == "message"
    assert received.fields == opened(fields)
    assert received.present == INCOMING
    assert received.empty == tuple(name for name in INCOMING if fields[name] == "")
    assert (received.literal, received.missing, received.notes) == ((), (), ())


def test_a_message_as_a_whole():
    assert read(post(MESSAGE)) == Received(
        kind="message",
        fields=MESSAGE | {"message": NESTED},
        present=INCOMING,
        empty=EMPTY,
        literal=(),
        missing=(),
        notes=(),
        body=MESSAGE,
    )


def test_the_14_are_told_apart():
    values = {"from": "<from>", "body": "", "type": "text", "wanumber": "%3Cwanumber%3E"}
    received = read(post({**values, "reply_to": None, "contacts": [], "location": {}, "team": 7}))
    assert received.present == listing("body type reply_to contacts location")
    assert received.empty == listing("body reply_to contacts location")
    assert received.literal == listing("from wanumber")
    assert received.missing == listing(
        "mime_type media_url name created_at mobile custom_response message"
    )
    assert received.fields["team"] == 7
    assert received.kind == "message"


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("<body>", True),
        ("<Body>", True),
        ("%3Cbody%3E", True),
        ("&lt;body&gt;", True),
        ("\\u003cbody\\u003e", True),
        ("<name>", False),
        ("<body", False),
        (" <body>", False),
        ("<body>" * 50, False),
        (14, False),
    ],
)
def test_what_counts_as_a_placeholder_that_nothing_was_put_into(value: object, literal: bool):
    assert read(post(MESSAGE | {"body": value})).literal == (("body",) if literal else ())


def test_query_and_body_are_read_together_and_the_body_counts():
    received = read(post({"body": "b", "wanumber": "1"}, query="team=7&body=a&flag&&=x"))
    assert received.fields == {"team": "7", "body": "b", "flag": "", "": "x", "wanumber": "1"}
    assert received.notes == ("received more than once, last value used: body",)


@pytest.mark.parametrize(
    ("request_", "fields", "names"),
    [
        (get("body=a&body=b&wanumber=1&body=c"), {"body": "c", "wanumber": "1"}, "body"),
        (post(b'{"from":1,"body":2,"from":3}'), {"from": 3, "body": 2}, "from"),
        (post(b'{"a":{"b":1,"b":2},"body":2,"from":3}'), {"a": {"b": 2}}, "b"),
        (get("&".join(f"k{n}=1&k{n}=2" for n in range(9))), {"k8": "2"}, "k0, k1, k2, k3, k4, …"),
        (get(f"{'k' * 50}=1&{'k' * 50}=2"), {"k" * 50: "2"}, f"{'k' * 39}…"),
    ],
    ids=["query", "JSON", "nested", "many", "long"],
)
def test_of_a_name_that_comes_twice_the_last_one_counts(
    request_: Request, fields: dict[str, Any], names: str
):
    received = read(request_)
    assert fields.items() <= received.fields.items()
    assert received.notes[0] == f"received more than once, last value used: {names}"


def test_in_what_turns_out_to_be_no_json_nothing_comes_twice():
    received = read(post(MESSAGE | {"message": '{"a":{"k":1,"k":2},'}))
    assert received.notes == ("`message` is not JSON; shown unparsed",)


@pytest.mark.parametrize("value", ["%ff", "%C3", "\udcff", "\ud800", "%ED%A0%80"])
def test_a_value_that_is_not_utf8_stays_as_it_came(value: str):
    received = read(get(f"body={value}&name=%C3%A9&from=1"))
    assert received.fields == {"body": value, "name": "é", "from": "1"}
    assert received.notes == ("not UTF-8, shown undecoded: body",)


def test_a_name_that_is_not_utf8_stays_as_it_came():
    received = read(get("%ff=1&body=%zz%4&from=1"))
    assert received.fields == {"%ff": "1", "body": "%zz%4", "from": "1"}
    assert received.notes == ("not UTF-8, shown undecoded: %ff",)


DEEP = "[" * 101 + "]" * 101


@pytest.mark.parametrize(
    ("raw", "body", "note"),
    [
        (b"\xff{}", "\\xff{}", "the body is not UTF-8; invalid bytes are shown as \\xNN"),
        (b"hello", "hello", "the body is neither JSON (line 1, column 1) nor a form"),
        (b'{"a": "b=c"', None, "the body is neither JSON (line 1, column 12) nor a form"),
        (b'{"a": NaN}', None, "the body is neither JSON (it contains NaN) nor a form"),
        (b'{"a": -Infinity}', None, "the body is neither JSON (it contains -Infinity) nor a form"),
        (DEEP.encode(), DEEP, "the body is neither JSON (it is nested too deeply) nor a form"),
        (b"[" * 99_999, None, "the body is neither JSON (it is nested too deeply) nor a form"),
        (b'<a b="c"/>', None, "the body is neither JSON (line 1, column 1) nor a form"),
        (b"[1, 2]", [1, 2], "the body is JSON, but not an object"),
        (b"5", 5, "the body is JSON, but not an object"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_a_body_that_cannot_be_read_is_shown_raw_and_marked(raw: bytes, body: object, note: str):
    received = read(post(raw))
    assert received.kind == "other"
    assert received.fields == {}
    assert received.missing == INCOMING
    assert received.body == (raw.decode() if body is None else body)
    assert received.notes == (note,)


def test_a_body_that_cannot_be_read_makes_it_no_message_whatever_the_query_says():
    received = read(post(b"torn {", query="body=hi&wanumber=1"))
    assert received.kind == "other"
    assert received.present == ("body", "wanumber")


def test_100_levels_are_read():
    value = json.loads("[" * 99 + "]" * 99)
    assert read(post({"deep": value})).fields == {"deep": value}


def test_numbers_too_great_for_python_stay_text():
    received = read(post(b'{"a": %s, "b": 1e999, "c": 1.5, "d": 12}' % (b"9" * 5000)))
    assert received.fields == {"a": "9" * 5000, "b": "1e999", "c": 1.5, "d": 12}


@pytest.mark.parametrize(
    ("value", "shown", "noted"),
    [
        ('[{"a":1}]', [{"a": 1}], False),
        (' {"a":1}', {"a": 1}, False),
        ("[torn", "[torn", True),
        ("plain", "plain", True),
        ("5", "5", True),
        ("", "", False),
        ("<message>", "<message>", False),
        ([{"a": 1}], [{"a": 1}], False),
    ],
)
def test_the_nested_message_is_opened(value: object, shown: object, noted: bool):
    received = read(post({"message": value, "body": "Hi", "from": "1"}))
    assert received.kind == "message"
    assert received.fields["message"] == shown
    assert received.notes == (("`message` is not JSON; shown unparsed",) if noted else ())


# -- what is a message


STATUS = {
    "id": "wamid.1",
    "custom_response": "false",
    "timestamp": "1790000000",
    "mobile": "15550100099",
    "message": "delivered",
    "status": "delivered",
}
BOTH = {name: f"<{name}>" for name in INCOMING} | {"message": "", "mobile": "", "body": ""}


@pytest.mark.parametrize(
    ("request_", "note"),
    [
        (get(""), "a probe"),
        (get("", method="HEAD"), "a probe"),
        (get("body=a&wanumber=1", method="HEAD"), "a probe"),
        (post(b""), "a probe"),
        (post(b" \r\n"), "a probe"),
        (get("display_phone_number=1&event=FLAGGED&current_limit=TIER_1K"), "a quality update"),
        (post(STATUS), "a message status"),
        (post(BOTH | STATUS), "a message status"),
        (post({"id": "1", "error_code": "7"}), "a message status"),
        (post({"id": "", "status": ""}), "a message status"),
        (post({"id": "1", "event": "APPROVED", "message_template_id": "2"}), "a template status"),
        (post({"message_template_name": "", "reason": ""}), "a template status"),
        (get("team=7"), "an unknown kind of callback"),
        (get("name=x"), "an unknown kind of callback"),
        (get("id=7"), "an unknown kind of callback"),
        (post({"message": "hello", "mobile": "1"}), "an unknown kind of callback"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.query + value.body.decode()[:20],
)
def test_what_is_no_message_is_named(request_: Request, note: str):
    received = read(request_)
    assert (received.kind, received.notes) == ("other", (note,))


@pytest.mark.parametrize(
    "request_",
    [
        get("wanumber=1"),
        get("body=hi&from=1"),
        get("&".join(f"{name}=<{name}>" for name in INCOMING)),
        get("&".join(f"{name}=" for name in INCOMING)),
        post({"message": NESTED}),
        post({"message": json.dumps(NESTED), "id": "1"}),
        post(MESSAGE | {"id": "", "status": "", "timestamp": ""}),
        post(MESSAGE | {"id": "7", "status": "live"}),
    ],
    ids=lambda value: value.query[:20] + value.body.decode()[:20],
)
def test_what_is_a_message(request_: Request):
    assert read(request_).kind == "message"


# -- Meta's shape


def meta(
    message: dict[str, Any] | None = None, *, extra: object = None, **value: object
) -> dict[str, Any]:
    """A callback of a V2 account, of one text message unless told otherwise."""
    text = {"from": "15550100099", "id": "wamid.1", "timestamp": "1790000000", "type": "text"}
    whole = {
        "metadata": {"display_phone_number": "15550100001", "phone_number_id": "77"},
        "contacts": [{"profile": {"name": "Asha"}, "wa_id": "15550100099"}],
        "messages": [{**text, "text": {"body": "Hi"}} if message is None else {**text, **message}],
    }
    extra_info = {"media_url": "", "ref": "r", "trace_id": "t", "waba_id": "1"}
    return {
        "meta_object": {"field": "messages", "value": {**whole, **value}},
        "extra_info": extra_info if extra is None else extra,
    }


TEXT = {
    "body": "Hi",
    "mime_type": "",
    "media_url": "",
    "from": "15550100099",
    "name": "Asha",
    "type": "text",
    "created_at": "1790000000",
    "reply_to": "",
    "wanumber": "15550100001",
    "mobile": "15550100099",
    "custom_response": "",
    "contacts": "",
    "location": "",
}


def test_a_message_of_metas_shape_in_the_names_of_the_14():
    sent = meta()
    received = read(post(sent))
    messages = sent["meta_object"]["value"]["messages"]
    extra = {"ref": "r", "trace_id": "t", "waba_id": "1"}
    assert received == Received(
        kind="message",
        fields={**TEXT, "message": messages, **extra},
        present=INCOMING,
        empty=listing("mime_type media_url reply_to custom_response contacts location"),
        literal=(),
        missing=(),
        notes=(),
        body=sent,
    )


def test_metas_shape_may_come_as_json_text_in_a_query_beside_names_of_ones_own():
    sent = meta()
    texts = {name: json.dumps(value) for name, value in sent.items()}
    received = read(get(urlencode({"team": "7", **texts})))
    assert received.fields == {"team": "7", **read(post(sent)).fields}


PLACE = {"latitude": 1.5, "longitude": 2.5, "name": "Market Hall"}
PICTURE = {"id": "1", "mime_type": "image/jpeg"}
CARD = [{"name": {"formatted_name": "Elif"}}]
FILE = "https://media.example/1.jpg"


@pytest.mark.parametrize(
    ("message", "extra", "fields", "missing"),
    [
        (
            {"type": "image", "image": {**PICTURE, "caption": "Look"}},
            {"media_url": FILE},
            {"body": "Look", "mime_type": "image/jpeg", "media_url": FILE},
            "",
        ),
        (
            {"type": "sticker", "sticker": PICTURE},
            {},
            {"body": "", "mime_type": "image/jpeg"},
            "media_url",
        ),
        ({"type": "audio"}, {"media_url": FILE}, {"body": "", "media_url": FILE}, "mime_type"),
        ({"type": "location", "location": PLACE}, {}, {"body": "", "location": PLACE}, ""),
        ({"type": "location"}, {}, {}, "location"),
        ({"type": "contacts", "contacts": CARD}, {}, {"contacts": CARD}, ""),
        ({"type": "contacts"}, {}, {}, "contacts"),
        ({"type": "button", "button": {"text": "Yes", "payload": "y"}}, {}, {"body": "Yes"}, ""),
        ({"type": "reaction", "reaction": {"emoji": "👍"}}, {}, {"body": "👍"}, ""),
        (
            {
                "type": "interactive",
                "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "One"}},
            },
            {},
            {"body": "One"},
            "",
        ),
        ({"type": "interactive", "interactive": {"type": 7}}, {}, {"body": ""}, ""),
        ({"context": {"id": "wamid.0"}, "text": {"body": "Hi"}}, {}, {"reply_to": "wamid.0"}, ""),
        (
            {"context": {"id": "wamid.0"}, "text": {"body": "Hi"}},
            {"reply_to": "wamid.9"},
            {"reply_to": "wamid.9"},
            "",
        ),
        (
            {"text": {"body": "Hi"}},
            {"custom_response": False},
            {"body": "Hi", "custom_response": False},
            "",
        ),
        ({"text": {"body": None}}, {}, {}, "body"),
        ({"type": None}, {}, {"body": ""}, "type"),
        ({"type": ["text"]}, {}, {"type": ["text"]}, ""),
        ({"from": "15550100098", "text": {"body": "a"}}, {}, {"name": "Asha"}, ""),
    ],
    ids=[
        *("image", "no media_url", "no mime_type", "location", "no location", "contacts"),
        *("no contacts", "button", "reaction", "list", "odd list", "context", "reply_to"),
        *("custom_response", "no text", "no type", "odd type", "another sender"),
    ],
)
def test_what_metas_shape_says_of_each_type(
    message: dict[str, Any], extra: dict[str, Any], fields: dict[str, Any], missing: str
):
    received = read(post(meta(message, extra=extra)))
    assert fields.items() <= received.fields.items()
    assert received.missing == listing(missing)


def test_of_several_messages_the_first_is_shown():
    one = {"from": "1", "type": "text", "text": {"body": "one"}}
    received = read(post(meta(messages=[one, {**one, "text": {"body": "two"}}])))
    assert received.fields["body"] == "one"
    assert len(received.fields["message"]) == 2
    assert received.notes == ("2 messages in one callback; showing the first",)


def test_a_message_is_found_behind_other_changes_of_metas_envelope():
    one, two = (meta(messages=[{"text": {"body": text}, "type": "text"}]) for text in ("1", "2"))
    status = {"field": "messages", "value": {"statuses": [{"status": "read"}]}}
    entries = [[7, status], [one["meta_object"]], [two["meta_object"]]]
    received = read(post({"entry": [{"changes": changes} for changes in entries]}))
    assert (received.kind, received.fields["body"]) == ("message", "1")
    assert received.notes == ("2 messages in one callback; showing the first",)


def test_the_sender_is_looked_for_among_the_contacts():
    others = [{"profile": {"name": "Bruno"}, "wa_id": "1"}, {"profile": 7, "wa_id": "15550100099"}]
    received = read(post(meta(contacts=others)))
    assert (received.fields["name"], received.missing) == ("", ())
    assert received.fields["mobile"] == "15550100099"


@pytest.mark.parametrize(
    ("meta_object", "note"),
    [
        ({"field": "messages", "value": {"statuses": [{"status": "read"}]}}, "a message status"),
        (
            {"field": "q", "value": {"display_phone_number": "1", "event": "FLAGGED"}},
            "a quality update",
        ),
        ({"value": {"message_template_id": 7, "event": "APPROVED"}}, "a template status"),
        ({"field": "account_update", "value": {"x": 1}}, "an event of 'account_update'"),
        ({"field": "messages", "value": {"messages": []}}, "an event of 'messages'"),
        ({"value": 7}, "an event without a message"),
    ],
)
def test_what_of_metas_shape_is_no_message_is_named(meta_object: dict[str, Any], note: str):
    received = read(post({"meta_object": json.dumps(meta_object), "extra_info": '{"ref":"r"}'}))
    assert (received.kind, received.notes) == ("other", (note,))
    assert received.fields == {"meta_object": meta_object, "extra_info": {"ref": "r"}}


@pytest.mark.parametrize("value", ["<meta_object>", "text", 7, None, [1]])
def test_a_meta_object_that_is_none(value: object):
    received = read(post({"meta_object": value}))
    assert received.fields == {"meta_object": value}
    assert received.notes == ("an unknown kind of callback",)


# -- decryption

KEYS = {"AES-128-CFB": (16, 16), "AES-192-GCM": (24, 12), "AES-256-CFB": (32, 16)}
CIPHERS = {
    name: Cipher(Encryption(algorithm=name, key="k" * key, iv="v" * iv))
    for name, (key, iv) in KEYS.items()
}
OTHERS = {
    name: Cipher(Encryption(algorithm=name, key="x" * key, iv="v" * iv))
    for name, (key, iv) in KEYS.items()
}


def encrypted(fields: dict[str, str], cipher: Cipher) -> dict[str, str]:
    return {name: cipher.encrypt(value) for name, value in fields.items()}


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("kind", sampled(TYPES, every=4))
def test_every_sample_is_decrypted(kind: str, algorithm: str):
    fields = sample(kind, number=NUMBER, sender=SENDER, now=1_790_000_000.0, seed=3)
    cipher = CIPHERS[algorithm]
    sent = encrypted(fields, cipher)
    for request in (post(sent), get(urlencode(sent, quote_via=quote))):
        received = read(request, decrypt=cipher.decrypt)
        assert received.fields == opened(fields)
        assert received.empty == tuple(name for name in INCOMING if fields[name] == "")
        assert received.notes == ()
    assert read(post(sent), decrypt=cipher.decrypt).body == sent


@pytest.mark.parametrize("algorithm", KEYS)
def test_the_wrong_key_is_told_with_the_field(algorithm: str):
    sent = post(encrypted(MESSAGE, CIPHERS[algorithm]))
    with pytest.raises(CheckFailed, match=r"^field \w+: .*the key is probably wrong$"):
        read(sent, decrypt=OTHERS[algorithm].decrypt)


def test_a_value_of_the_14_that_is_not_base64_is_told_with_the_field():
    cipher = CIPHERS["AES-128-CFB"]
    whole = cipher.encrypt("Hello")
    with pytest.raises(InvalidInput, match=r"^field body: ") as caught:
        read(post({"body": whole[:-2], "from": cipher.encrypt("1")}), decrypt=cipher.decrypt)
    assert caught.value.hint


def test_what_of_the_14_was_never_filled_is_not_decrypted():
    cipher = CIPHERS["AES-192-GCM"]
    sent = {"body": cipher.encrypt("Hi"), "from": "<from>", "name": "", "type": 7, "reply_to": None}
    received = read(post(sent), decrypt=cipher.decrypt)
    assert received.fields == {**sent, "body": "Hi"}
    assert received.literal == ("from",)


@pytest.mark.parametrize("algorithm", KEYS)
def test_values_under_names_of_ones_own_are_decrypted_where_they_can_be(algorithm: str):
    cipher = CIPHERS[algorithm]
    text = "a text of some length"
    own = {"team": "shop", "token": "A" * 24, "n": 7, "no": None}
    nested = {"text": cipher.encrypt(text), "list": [cipher.encrypt(text), "seven", 7]}
    sent = {"body": cipher.encrypt("Hi"), "from": cipher.encrypt("1"), **own, "own": nested}
    received = read(post(sent), decrypt=cipher.decrypt)
    opened = {"text": text, "list": [text, "seven", 7]}
    assert received.fields == {"body": "Hi", "from": "1", **own, "own": opened}


@pytest.mark.parametrize("algorithm", KEYS)
def test_short_values_of_other_placeholders_are_decrypted(algorithm: str):
    cipher = CIPHERS[algorithm]
    status = {"status": "delivered", "error_code": "131047", "price": "0.05", "ref": "", "id": "7"}
    unfilled = {"error": "", "ref1": "<ref1>", "phone_number": "no base64", "timestamp": 7}
    sent = encrypted(status, cipher) | unfilled
    assert read(post(sent), decrypt=cipher.decrypt).fields == status | unfilled


# -- what a person has


@pytest.mark.parametrize(
    "text",
    [
        "body=Hi&from=1&team=7",
        "?body=Hi&from=1&team=7",
        "&body=Hi&from=1&team=7\n",
        "https://example.com/hook?body=Hi&from=1&team=7",
        "http://[::1]:8080/?&body=Hi&from=1&team=7",
        "/hook?body=Hi&from=1&team=7",
        '{"body": "Hi", "from": "1", "team": "7"}',
        '\n {"body": "Hi",\n "from": "1", "team": "7"}\n',
    ],
)
def test_what_a_person_has_of_a_callback_is_told_by_its_look(text: str):
    received = read_text(text)
    assert received.fields == {"body": "Hi", "from": "1", "team": "7"}
    assert (received.kind, received.present) == ("message", ("body", "from"))


def test_a_query_may_begin_with_a_name_alone():
    assert read_text("flag&body=what?&from=a=b").fields == {
        "flag": "",
        "body": "what?",
        "from": "a=b",
    }


NO_CALLBACK = (
    "pass a query string, a URL, a JSON or form body, or a file saved by "
    "`wacb callback listen --save DIR`"
)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "nothing to decode", "pass a query string, a URL, a body or a saved callback"),
        (" \n", "nothing to decode", "pass a query string, a URL, a body or a saved callback"),
        ("https://example.com/", "the URL has no query string", "include everything after the ?"),
        ("/hook?x", "the URL has no query string", "include everything after the ?"),
        (
            "hello",
            "not a callback: neither JSON (line 1, column 1) nor a query string",
            NO_CALLBACK,
        ),
        ("[1]", "not a callback: the JSON is not an object", NO_CALLBACK),
        ("7", "not a callback: the JSON is not an object", NO_CALLBACK),
        (
            '{"a": NaN}',
            "not a callback: neither JSON (it contains NaN) nor a query string",
            NO_CALLBACK,
        ),
        (
            DEEP,
            "not a callback: neither JSON (it is nested too deeply) nor a query string",
            NO_CALLBACK,
        ),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_cannot_be_decoded(text: str, message: str, hint: str):
    with pytest.raises(InvalidInput) as caught:
        read_text(text)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def saved(request: Request, received: Received, **changes: object) -> str:
    """A record of `callback listen`."""
    judged = received._asdict() | {"body": received.body}
    parts = {"method": request.method, "path": request.path, "query": request.query, "headers": {}}
    return json.dumps({"event": "callback", "n": 1, "time": "…", **parts, **judged, **changes})


@pytest.mark.parametrize(
    "request_",
    [
        post(MESSAGE, query="team=7"),
        get(urlencode(MESSAGE)),
        post(b"body=1&from=2"),
        post(meta()),
        post(b"\xff"),
        post(b"[1]"),
        get("", method="HEAD"),
        get("body=1&body=2&from=1"),
    ],
    ids=["POST", "GET", "form", "meta", "no UTF-8", "no object", "probe", "twice"],
)
def test_a_saved_callback_is_what_was_received(request_: Request):
    received = read(request_)
    assert read_text(saved(request_, received)) == received


@pytest.mark.parametrize("raw", [True, False], ids=["raw body", "parsed body"])
def test_a_saved_callback_is_decrypted(raw: bool):
    cipher = CIPHERS["AES-128-CFB"]
    sent = encrypted(MESSAGE, cipher)
    received = read(post(sent), decrypt=cipher.decrypt)
    text = saved(post(sent), received, body=json.dumps(sent) if raw else sent)
    assert read_text(text).fields == received.fields
    assert read_text(text, decrypt=cipher.decrypt).fields == received.fields
    query = get(urlencode(sent))
    plain = saved(query, read(query))
    assert read_text(plain, decrypt=cipher.decrypt).fields == received.fields


@pytest.mark.parametrize("change", [{"fields": None}, {"query": 7}])
def test_a_damaged_record_is_refused(change: dict[str, object]):
    with pytest.raises(InvalidInput, match=r"^the saved callback is damaged$"):
        read_text(saved(post(MESSAGE), read(post(MESSAGE)), **change))


def test_a_record_of_odd_values_is_read_all_the_same():
    received = read(post(MESSAGE))
    text = saved(post(MESSAGE), received, kind=[7], notes="none")
    assert read_text(text) == received._replace(kind="other")


def test_a_body_that_has_an_event_of_its_own_is_no_record():
    received = read_text('{"event": "callback", "body": "Hi", "from": "1"}')
    assert received.present == ("body", "from")


# -- anything at all

NAMES = st.sampled_from(
    [
        *("body", "type", "text", "message", "messages", "contacts", "from", "profile", "value"),
        *("metadata", "location", "context", "wanumber", "status", "image", "interactive", "é"),
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def check(received: Received) -> None:
    """Check that the 14 are shared out, and that each form of output can be written."""
    shared = [*received.present, *received.literal, *received.missing]
    assert sorted(shared) == sorted(INCOMING)
    assert set(received.empty) <= set(received.present)
    assert received.kind in ("message", "other")
    assert received.kind == "message" or received.notes
    json_line(received._asdict()).encode()
    tsv([(name, value) for name, value in received.fields.items()]).encode()
    record([*received.fields.items()], width=80, color=False).encode()


@given(
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE"]),
    st.text() | st.text(st.characters(codec="latin-1")),
    st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
)
@settings(max_examples=examples(300))
def test_any_bytes_are_read(method: str, query: str, body: bytes):
    check(read(Request(method, "/", query, {}, body)))


@given(st.dictionaries(NAMES, JSON))
def test_any_json_object_arrives_as_it_is(value: dict[str, Any]):
    received = read(post(value))
    check(received)
    inner = value.get("value")
    if "entry" in value or (isinstance(inner, dict) and inner.get("messages")):
        return  # Meta's format, which is read as the 14 fields
    sent = {name: item for name, item in value.items() if name != "message"}
    assert {n: item for n, item in received.fields.items() if n != "message"} == sent


@given(JSON, JSON, JSON)
def test_anything_in_metas_shape_is_read(value: Any, message: Any, extra: Any):
    check(read(post({"meta_object": {"value": value}, "extra_info": extra})))
    check(read(post(meta(messages=[message], metadata=value, contacts=[extra], extra=message))))


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
)
def test_any_text_arrives_by_query_and_form(values: dict[str, str]):
    values.pop("message", None)
    values.pop("meta_object", None)
    for text in (urlencode(values), urlencode(values, quote_via=quote)):
        assert read(get(text)).fields == values
        assert read(post(text.encode(), query=text)).fields == values


ESCAPES = (st.sampled_from(b'":,{}[]/%+') | st.integers(0, 255)).map("%{:02X}".format)


@given(st.lists(ESCAPES | ESCAPES.map(str.lower) | st.text("%0257BCDFbcdf+é")).map("".join))
@settings(max_examples=examples(300))
def test_a_form_value_is_percent_decoded_once_and_shown_as_it_came_where_it_is_no_text(value: str):
    raw = unquote_to_bytes(value.replace("+", " "))
    try:
        wanted = (raw.decode(), "")
    except UnicodeDecodeError:
        wanted = (value, "not UTF-8, shown undecoded: x")
    received = read(get(f"body=&x={value}"))
    assert (received.fields["x"], "".join(received.notes)) == wanted


@given(st.text() | st.text('{}[]"&=?:/%,+ab1 \n'))
@settings(max_examples=examples(300))
def test_any_text_is_decoded_or_refused_with_a_sentence(text: str):
    try:
        check(read_text(text))
    except InvalidInput as error:
        assert error.hint


@given(st.dictionaries(st.sampled_from(INCOMING), st.text() | st.binary().map(repr)))
def test_any_value_is_decrypted_or_refused_with_a_sentence(values: dict[str, str]):
    for cipher in CIPHERS.values():
        try:
            check(read(post(values), decrypt=cipher.decrypt))
        except (InvalidInput, CheckFailed) as error:
            assert error.message.startswith("field ")


def test_a_body_alone_is_a_message_that_lost_the_rest() -> None:
    found = read(Request("POST", "/hook", "", {}, b"body=hi"))
    assert (found.kind, found.present, len(found.missing)) == ("message", ("body",), 13)
