"""The tables of a profile that hold secrets: headers and encryption. No fault repeats a value."""

from __future__ import annotations

from wacb.errors import InvalidInput
from wacb.models import Encryption
from wacb.plan.manifest.tables import Table, one_of
from wacb.plan.manifest.variables import Text
from wacb.storage import encryption_keys
from wacb.validation import authenticates, check_header

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
    if authenticates(name) and not text.variables:
        headers.refuse(name, "authenticates, so it must be made with a variable", _BE_A_VARIABLE)
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
    return Encryption(algorithm=algorithm, key=sent.get("key"), iv=sent.get("iv"))


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
