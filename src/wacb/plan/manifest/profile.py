"""The table `[profiles.NAME]` of a manifest, with every rule of cli.md 6, 7 and 10 applied."""

from __future__ import annotations

from collections.abc import Mapping

from wacb import jsontext
from wacb.errors import InvalidInput, TemplateError
from wacb.models import UNKNOWN, Encryption, Method, ProfileDraft
from wacb.plan.manifest.model import Desired
from wacb.plan.manifest.tables import Table, not_empty, one_of
from wacb.plan.manifest.variables import Text
from wacb.redaction import check_literal_header
from wacb.storage import encryption_keys
from wacb.template import placeholders
from wacb.template.body import custom_body, default_body, refuse_encoded
from wacb.urls import check_endpoint
from wacb.validation import check_header, check_title

_FLAGS = ("with_status", "allow_missing", "allow_http", "allow_local")
_KEYS = (
    *("title", "method", "url", "headers", "response_message", "channel", "events", "body"),
    *("encryption", *_FLAGS),
)


def read_title(table: Table) -> Text | None:
    """Read the title, None where it is missing or wrong."""
    title = table.text("title", required=True)
    return title if table.check("title", title, check_title) else None


def read_profile(name: str, table: Table, title: Text | None, *, local: bool) -> Desired | None:
    """Read a profile whose title is read already, None where a part that must be there is wrong.

    What is wrong is noted in the table's faults. `local` allows what `allow_http` and
    `allow_local` do.
    """
    table.refuse_unknown(_KEYS)
    flags = {key: table.flag(key) or (local and key in _FLAGS[2:]) for key in _FLAGS}
    method = table.text("method", required=True)
    word = table.check("method", method, one_of([each.lower() for each in Method]))
    chosen = Method(word.upper()) if word else None
    url = _url(table, chosen, flags)
    body = _body(table, chosen, flags)
    response_message = table.text("response_message")
    channel = table.text("channel")
    table.check("channel", channel, not_empty)
    events = _events(table)
    headers = read_headers(table)
    encryption = read_encryption(table)
    if title is None or chosen is None or url is None:
        return None
    texts = {"title": title, "url": url, "body": body, "channel": channel}
    texts |= {"response_message": response_message}
    known = {key: text for key, text in texts.items() if text}
    written = {key: text.written for key, text in known.items() if text.variables}
    return Desired(
        name=name,
        draft=_draft(chosen, known, events, headers, encryption),
        allow_missing=flags["allow_missing"],
        headers={header: text.written for header, text in (headers or {}).items()},
        written=written | _written(events),
    )


def _draft(
    method: Method,
    texts: Mapping[str, Text],
    events: list[Text] | None,
    headers: Mapping[str, Text] | None,
    encryption: Encryption | None,
) -> ProfileDraft:
    """Put the parts of a profile together, which are checked already."""
    values = {key: text.value for key, text in texts.items()}
    secret = (name for name, text in (headers or {}).items() if text.variables)
    return ProfileDraft(
        title=values["title"],
        method=method,
        url=values["url"],
        body=values.get("body"),
        headers=None if headers is None else {name: text.value for name, text in headers.items()},
        secret_headers=frozenset(secret),
        encryption=encryption,
        response_message=values.get("response_message"),
        channel=values.get("channel"),
        events=None if events is None else tuple(text.value for text in events),
    )


def _url(table: Table, method: Method | None, flags: Mapping[str, bool]) -> Text | None:
    """Read the URL, with the template of GET and DELETE appended to what is written and sent."""
    url = table.text("url", required=True)

    def endpoint(value: str) -> str:
        local = {key: flags[key] for key in ("allow_http", "allow_local")}
        return check_endpoint(value, **local)

    def full(value: str) -> str:
        if method is None:
            return value
        if method.uses_body:
            refuse_encoded(value)
            return value
        names = placeholders.names(with_status=flags["with_status"])
        return placeholders.build_url(value, names, allow_missing=flags["allow_missing"])

    value = table.check("url", url, endpoint) and table.check("url", url, full)
    if not url or not value:
        return None
    return url._replace(written=url.written + value[len(url.value) :], value=value)


def _body(table: Table, method: Method | None, flags: Mapping[str, bool]) -> Text | None:
    """Read the body, or build the one that POST and PUT have without."""
    if "body" not in table.content:
        built = default_body(with_status=flags["with_status"])
        return Text(built, built) if method and method.uses_body else None
    if flags["with_status"]:
        table.refuse(
            "with_status", "builds a template, and body brings one: they exclude each other"
        )
    if method and not method.uses_body:
        table.refuse(
            "body",
            "belongs to the methods post and put",
            'use method = "post", or write the placeholders into url',
        )
        return None
    body = _body_text(table)
    value = table.check(
        "body",
        body,
        lambda text: custom_body(text, with_status=False, allow_missing=flags["allow_missing"]),
    )
    if body is None or value is None:
        return None
    return body._replace(written=_compact(body.written), value=value)


def _body_text(table: Table) -> Text | None:
    """Read the body as JSON text, with its variables filled in: of a table in values alone."""
    body = table.content["body"]
    if isinstance(body, str):
        return table.attempt("body", table.variables.fill_json, body)
    text = table.attempt("body", _as_json, body)
    return None if text is None else table.attempt("body", table.variables.fill_values, text)


def _as_json(body: object) -> str:
    if not isinstance(body, dict):
        raise InvalidInput("must be a table or a string of JSON")
    if jsontext.is_deep(body):
        raise InvalidInput("is nested too deeply")
    try:
        return jsontext.compact_json(body)
    except (TypeError, ValueError):  # nan, inf and an integer of thousands of digits among them
        what = "holds a date, a time or a number that JSON cannot"
        raise InvalidInput(what, hint="write it as a string") from None


def _compact(written: str) -> str:
    """Write JSON text in one line, where it is JSON before its variables are filled in."""
    try:
        return placeholders.compact(written)
    except TemplateError:
        return written


def _events(table: Table) -> list[Text] | None:
    events = table.content.get("events")
    if events is None:
        return None
    if not isinstance(events, list) or not all(isinstance(event, str) for event in events):
        table.refuse("events", "must be an array of strings")
        return None
    texts = [text for event in events if (text := table.filled("events", event))]
    for text in texts:
        table.check("events", text, not_empty)
    return texts


def _written(events: list[Text] | None) -> dict[str, tuple[str, ...]]:
    """Give what the file says of the events, where a variable made one of them."""
    events = events or []
    made = any(event.variables for event in events)
    return {"events": tuple(event.written for event in events)} if made else {}


_BE_A_VARIABLE = 'write "${NAME}", and set NAME in the environment'


def read_headers(profile: Table) -> dict[str, Text] | None:
    """Read the headers, which are such as HTTP can carry; one that authenticates is a variable's.

    None where there is no such table.
    """
    headers = profile.table("headers")
    if headers is None:
        return None
    found: dict[str, Text] = {}
    spelled: dict[str, str] = {}
    for name, value in headers.content.items():
        # The name by itself first: where none may be like it, it is not repeated either.
        if not profile.attempt("headers", check_header, name, "-"):
            continue
        text = _header(headers, name, value)
        if spelled.setdefault(name.lower(), name) != name:
            headers.refuse(name, f"is the header {spelled[name.lower()]} once more")
        elif text:
            found[name] = text
    return found


def _header(headers: Table, name: str, value: object) -> Text | None:
    text = headers.filled(name, value)
    if text is None:
        return None
    if not text.variables and not headers.attempt(name, check_literal_header, name):
        return None
    headers.attempt(name, check_header, name, text.value)
    return text


def read_encryption(profile: Table) -> Encryption | None:
    """Read the encryption as the API is sent it, None where there is none or it is wrong."""
    table = profile.table("encryption")
    if table is None:
        return None
    table.refuse_unknown(("algorithm", "key", "iv", "encoding"))
    given = table.text("algorithm", required=True)
    coded = table.text("encoding") or Text("raw", "raw")
    algorithm = table.check("algorithm", given, one_of(encryption_keys.ALGORITHMS))
    encoding = table.check("encoding", coded, one_of(encryption_keys.ENCODINGS))
    parts = {name: _secret(table, name) for name in ("key", "iv")}
    if not algorithm or not encoding:
        return None
    values = {name: part.value for name, part in parts.items() if part}
    encryption = Encryption(algorithm=algorithm, encoding=encoding, **values)
    masked = bool((given and given.variables) or coded.variables)
    sent = {name: _as_sent(table, name, encryption, masked=masked) for name in values}
    key, iv = (sent.get(name) or UNKNOWN for name in ("key", "iv"))
    return Encryption(algorithm=algorithm, key=key, iv=iv)


def _as_sent(table: Table, name: str, encryption: Encryption, *, masked: bool) -> str | None:
    """Check a key or IV. `masked` says that a variable chose what the rule's words would name."""
    try:
        return encryption_keys.as_characters(name, encryption)
    except InvalidInput as error:
        hint = "count its bytes" if masked else None
        table.refuse(
            name, "does not suit its algorithm and encoding" if masked else error.message, hint
        )
        return None


def _secret(table: Table, name: str) -> Text | None:
    """Read a text that must be one variable and nothing else."""
    text = table.text(name, required=True)
    if text is None or text.written in {f"${{{variable}}}" for variable in text.variables}:
        return text
    table.refuse(name, "is a secret, so it must be one variable and nothing else", _BE_A_VARIABLE)
    return None
