"""The document of `wacb api openapi` as a judge: which requests it allows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache, reduce
from operator import getitem
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema_rs import ValidationError, validator_for

from wacb.api.openapi import read_document

DOCUMENT = read_document()


def _holds(kind: type, member: type = object) -> Callable[[str], bool]:
    """Return whether text is JSON of this kind, with members of that kind."""

    def check(text: str) -> bool:
        try:
            value = json.loads(text)
        except ValueError:
            return False
        members = value.values() if isinstance(value, dict) else value
        return isinstance(value, kind) and all(isinstance(each, member) for each in members)

    return check


FORMATS = {
    "json-object": _holds(dict),
    "json-headers": _holds(dict, str),
    "json-strings": _holds(list, str),
}


class Operation(NamedTuple):
    """One method of a path; `parameters` by where and how they are named, `body` a schema."""

    parameters: Mapping[tuple[str, str], Any]
    body: Any


@cache
def _routes() -> list[tuple[re.Pattern[str], dict[str, Operation]]]:
    return [
        (
            re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path))),
            {
                method.upper(): _operation(operation, item.get("parameters", []))
                for method, operation in item.items()
                if method in ("get", "post", "put", "patch", "delete")
            },
        )
        for path, item in DOCUMENT["paths"].items()
    ]


def _operation(operation: Any, shared: list[Any]) -> Operation:
    parameters = [_resolve(each) for each in (*shared, *operation.get("parameters", []))]
    body = operation.get("requestBody", {"content": {"application/json": {"schema": None}}})
    return Operation(
        parameters={(each["in"], each["name"]): each["schema"] for each in parameters},
        body=body["content"]["application/json"]["schema"],
    )


def _resolve(value: Any) -> Any:
    if "$ref" not in value:
        return value
    _, *names = value["$ref"].split("/")
    return reduce(getitem, names, DOCUMENT)


@cache
def _validator(schema: str) -> Any:
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **json.loads(schema)}
    whole["components"] = DOCUMENT["components"]
    return validator_for(whole, formats=FORMATS, validate_formats=True)


def _fault(schema: Any, value: Any) -> str:
    try:
        _validator(json.dumps(schema)).validate(value)
    except ValidationError as error:
        return error.message
    return ""


def find_fault(method: str, url: str, body: bytes | None) -> str:
    """Return what the document forbids in a request to the API, "" for nothing."""
    target = urlsplit(url)
    for pattern, operations in _routes():
        if (matched := pattern.fullmatch(target.path)) and method in operations:
            operation = operations[method]
            break
    else:
        return "there is no such route"
    given: dict[tuple[str, str], Any] = {
        ("path", name): unquote(value) for name, value in matched.groupdict().items()
    }
    for name, value in parse_qsl(target.query, keep_blank_values=True):
        given["query", name] = int(value) if value.isdigit() and name != "title" else value
    faults = [
        _fault(operation.parameters.get(key, {"not": {}}), value) for key, value in given.items()
    ]
    if operation.body is None:
        faults.append("it has no body" if body else "")
    else:
        faults.append(_fault(operation.body, json.loads(body or b"null")))
    return "; ".join(filter(None, faults))
