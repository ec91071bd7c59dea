"""Sample messages: what each type fills, what the nested message says, what can be set."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wacb.callbacks.samples import TYPES, override, sample
from wacb.errors import InvalidInput
from wacb.template.placeholders import INCOMING

NUMBER, SENDER, NOW = "+15550100001", "+919812345678", 1_790_000_000.9
ALWAYS = {"from", "name", "type", "created_at", "wanumber", "mobile", "custom_response", "message"}
MEDIA = {"mime_type", "media_url"}
# sample type: wire type, the fields it fills beyond ALWAYS, the member that repeats `body`
SHAPES: dict[str, tuple[str, set[str], tuple[str, ...]]] = {
    "text": ("text", {"body"}, ("text", "body")),
    "image": ("image", {"body"} | MEDIA, ("image", "caption")),
    "audio": ("audio", MEDIA, ()),
    "video": ("video", {"body"} | MEDIA, ("video", "caption")),
    "document": ("document", {"body"} | MEDIA, ("document", "caption")),
    "sticker": ("sticker", MEDIA, ()),
    "location": ("location", {"location"}, ()),
    "contacts": ("contacts", {"contacts"}, ()),
    "reply": ("text", {"body", "reply_to"}, ("text", "body")),
    "reaction": ("reaction", {"body", "reply_to"}, ("reaction", "emoji")),
    "button": ("button", {"body", "reply_to"}, ("button", "text")),
    "list": ("interactive", {"body", "reply_to"}, ("interactive", "list_reply", "title")),
    "hostile": ("text", {"body"}, ("text", "body")),
}
WITH_TEXT = [kind for kind, (_, _, path) in SHAPES.items() if path]
WITHOUT_TEXT = [kind for kind in SHAPES if kind not in WITH_TEXT]
UNICODE = st.text(st.characters(codec="utf-8"))


def make_sample(kind: str = "text", seed: int | None = 1, **how: Any) -> dict[str, str]:
    return sample(kind, number=NUMBER, sender=SENDER, now=NOW, seed=seed, **how)


def nested(fields: dict[str, str]) -> dict[str, Any]:
    [message] = json.loads(fields["message"])
    assert isinstance(message, dict)
    return message


def nested_text(fields: dict[str, str], kind: str) -> object:
    node: Any = nested(fields)
    for step in SHAPES[kind][2]:
        node = node[step]
    return node


def test_the_types_are_those_of_the_command_line():
    assert "|".join(TYPES) == (
        "text|image|audio|video|document|sticker|location|contacts|reply|reaction|button|list"
        "|hostile"
    )
    assert set(TYPES) == set(SHAPES)


def test_a_whole_text_message():
    fields = make_sample()
    message = nested(fields)
    identifier = message.pop("id")
    assert identifier.startswith("wamid.")
    assert message == {
        "from": "919812345678",
        "timestamp": "1790000000",
        "type": "text",
        "text": {"body": fields["body"]},
        "profile": {"name": fields["name"]},
        "wa_number": "15550100001",
    }
    assert fields == {
        "body": "Hello, is my order on its way?",
        "mime_type": "",
        "media_url": "",
        "from": "919812345678",
        "name": "Chioma Eriksen",
        "type": "text",
        "created_at": "1790000000",
        "reply_to": "",
        "wanumber": "15550100001",
        "mobile": "919812345678",
        "custom_response": "false",
        "message": fields["message"],
        "contacts": "",
        "location": "",
    }


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_fills_its_fields_and_leaves_the_others_empty(kind):
    wire_type, filled, _ = SHAPES[kind]
    fields = make_sample(kind)
    assert tuple(fields) == INCOMING
    assert {name for name, value in fields.items() if value} == ALWAYS | filled
    assert fields["type"] == wire_type


@pytest.mark.parametrize("kind", TYPES)
def test_the_nested_message_has_one_member_named_after_its_type(kind):
    fields = make_sample(kind)
    message = nested(fields)
    wire_type = SHAPES[kind][0]
    known = ["from", "id", "timestamp", "type", wire_type, "profile", "wa_number"]
    assert list(message) == known
    assert (message["type"], message["profile"]) == (wire_type, {"name": fields["name"]})


@pytest.mark.parametrize("kind", WITH_TEXT)
def test_the_body_repeats_the_text_of_the_nested_message(kind):
    fields = make_sample(kind)
    assert nested_text(fields, kind) == fields["body"]


@pytest.mark.parametrize(
    ("kind", "mime_type", "suffix"),
    [
        ("image", "image/jpeg", "jpg"),
        ("audio", "audio/ogg; codecs=opus", "ogg"),
        ("video", "video/mp4", "mp4"),
        ("document", "application/pdf", "pdf"),
        ("sticker", "image/webp", "webp"),
    ],
)
def test_media_is_linked_from_a_synthetic_host(kind, mime_type, suffix):
    fields = make_sample(kind)
    member = nested(fields)[kind]
    assert fields["mime_type"] == member["mime_type"] == mime_type
    assert fields["media_url"] == f"https://media.example/{member['id']}.{suffix}"
    assert member.get("filename") == ("sample.pdf" if kind == "document" else None)


@pytest.mark.parametrize("kind", ["location", "contacts"])
def test_a_location_and_contacts_stand_in_their_field_as_json(kind):
    fields = make_sample(kind)
    assert json.loads(fields[kind]) == nested(fields)[kind]


def test_a_reaction_names_the_message_it_answers():
    fields = make_sample("reaction")
    assert nested(fields)["reaction"]["message_id"] == fields["reply_to"]


@pytest.mark.parametrize(
    "part",
    ['"', "'", "\n", "\r\n", "\t", "\\", "&", "#", "+", "%", " ", "</", "👩‍👩‍👧", "שלום", "\u202e"],
    ids=ascii,
)
def test_the_hostile_message_holds_what_breaks_receivers(part):
    fields = make_sample("hostile")
    assert part in fields["body"]
    assert part in fields["name"]
    assert part in nested(fields)["text"]["body"]


def test_the_hostile_body_has_the_longest_length_and_trouble_at_its_very_end():
    fields = make_sample("hostile")
    assert len(fields["body"]) == 4096
    assert fields["body"].endswith(fields["name"])


@pytest.mark.parametrize("kind", TYPES)
def test_one_seed_makes_one_message(kind):
    assert make_sample(kind, seed=7) == make_sample(kind, seed=7)
    assert make_sample(kind, seed=7) != make_sample(kind, seed=8)


@pytest.mark.parametrize("kind", TYPES)
def test_without_a_seed_every_message_is_new(kind):
    ids = {nested(make_sample(kind, seed=None))["id"] for _ in range(5)}
    assert len(ids) == 5


# -- what can be set


@pytest.mark.parametrize("kind", WITH_TEXT)
def test_a_text_of_ones_own_stands_in_the_body_and_in_the_nested_message(kind):
    plain, fields = make_sample(kind), make_sample(kind, text="Grüße\n")
    assert fields["body"] == nested_text(fields, kind) == "Grüße\n"
    changed = {name for name in INCOMING if plain[name] != fields[name]}
    assert changed == {"body", "message"}


@pytest.mark.parametrize("kind", WITHOUT_TEXT)
def test_a_type_without_text_refuses_one(kind):
    with pytest.raises(InvalidInput) as caught:
        make_sample(kind, text="x")
    assert caught.value.message == f"messages of type {kind} have no text"


@pytest.mark.parametrize("kind", WITHOUT_TEXT)
def test_setting_the_body_of_a_type_without_text_sets_that_field_only(kind):
    fields = make_sample(kind)
    assert override(fields, {"body": "x"}) == fields | {"body": "x"}


def test_a_nested_message_that_is_set_stays_as_it_is():
    fields = make_sample()
    own = {"message": "not even JSON", "body": "x"}
    assert override(fields, own) == fields | own


def test_other_values_are_set_plainly_and_the_sample_is_not_touched():
    fields = make_sample()
    before = dict(fields)
    assert override(fields, {"type": "image", "from": ""}) == fields | {"type": "image", "from": ""}
    assert fields == before


@pytest.mark.parametrize(
    ("name", "guess"),
    [("bdy", "did you mean body? "), ("Media_URL", "did you mean media_url? "), ("zzz", "")],
)
def test_an_unknown_field_is_refused_with_the_nearest_one(name, guess):
    with pytest.raises(InvalidInput) as caught:
        override(make_sample(), {"body": "x", name: "x"})
    assert caught.value.message == f"{name!r} is not a valid field"
    assert caught.value.hint == f"{guess}use one of {', '.join(INCOMING)}"


@pytest.mark.parametrize(("kind", "guess"), [("vidoe", "did you mean video? "), ("", "")])
def test_an_unknown_type_is_refused_with_the_nearest_one(kind, guess):
    with pytest.raises(InvalidInput) as caught:
        make_sample(kind)
    assert caught.value.message == f"{kind!r} is not a valid message type"
    assert caught.value.hint == f"{guess}use one of {', '.join(TYPES)}"


def test_bytes_of_a_command_line_that_are_no_text_are_refused():
    with pytest.raises(InvalidInput, match="the value for name is not valid UTF-8"):
        override(make_sample(), {"name": b"\xff".decode(errors="surrogateescape")})
    with pytest.raises(InvalidInput, match="the value for body is not valid UTF-8"):
        make_sample(text="\ud800")


@given(st.dictionaries(st.sampled_from(INCOMING), UNICODE), st.sampled_from(TYPES))
def test_any_values_are_kept_as_they_are(values, kind):
    fields = override(make_sample(kind), values)
    assert {name: fields[name] for name in values} == values
    if "message" not in values and kind in WITH_TEXT:
        assert nested_text(fields, kind) == fields["body"]
