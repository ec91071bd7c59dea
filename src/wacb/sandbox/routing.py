"""Requests and replies of the emulator: the envelope (api.md §3), then routes and dispatch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A received HTTP request: `path` is percent-encoded, header names are in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = b""

    @property
    def segments(self) -> tuple[str, ...]:
        """The decoded parts of the path; ("",) for the root."""
        return tuple(unquote(part) for part in self.path.removeprefix("/").split("/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP reply, and the fault to apply when sending it.

    `fault` is "drip", "reset", "truncate" or "slow". A slow reply is not ready (status 0): wait,
    and if the client is still connected, send the result of `resume`.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    fault: str | None = None
    resume: Callable[[], Reply] | None = None


class Refusal(Exception):
    """The API rejects a request. `params` names the invalid fields; the route decides the code."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        params: Sequence[str] = (),
        code: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.params = tuple(params) or (message,)
        self.code = code
        self.headers = headers


def success(request: Request, data: Any) -> Reply:
    """Wrap the result of a route in the envelope."""
    envelope = {
        "code": _code(request, 200),
        "message": "Success",
        "data": data,
        "error": {},
        "status": 200,
    }
    return _json_reply(200, envelope)


def failure(request: Request, refusal: Refusal) -> Reply:
    """Wrap a refusal in the envelope."""
    envelope = {
        "code": refusal.code or _code(request, refusal.status),
        "message": refusal.message,
        "data": {},
        "error": [{"params": text} for text in refusal.params],
        "status": refusal.status,
    }
    return _json_reply(refusal.status, envelope, refusal.headers)


def text_reply(status: int, media_type: str, text: str, *headers: tuple[str, str]) -> Reply:
    """Build a reply with Content-Type and Content-Length."""
    body = text.encode()
    described = (("content-type", media_type), ("content-length", str(len(body))))
    return Reply(status=status, headers=(*described, *headers), body=body)


def parse_json(text: str) -> Any:
    """Parse JSON strictly (RFC 8259). Raises ValueError."""
    try:
        value = json.loads(
            text, parse_constant=_reject_constant, object_pairs_hook=_check_unique_names
        )
        # json.loads accepts a lone surrogate, but it cannot be stored or sent.
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def _json_reply(status: int, envelope: Any, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    text = json.dumps(envelope, ensure_ascii=False)
    return text_reply(status, "application/json; charset=utf-8", text, *headers)


def _code(request: Request, status: int) -> str:
    segments = request.segments
    if segments[0] == "v2":
        return f"WA{status}"  # assumed: other_codes
    if status == 400 and segments[2:3] == ("whatsapp",):
        return "E13001"
    # assumed: other_codes, also for invalid profiles
    return {200: "RBC024", 401: "RBC001"}.get(status, f"RBC{status}")


def _reject_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate name in an object")
    return members


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The parts of a request that matched a route: `params` come from the path."""

    params: Mapping[str, str]
    query: Mapping[str, str]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. `path` is a pattern like `/v1/{sid}/callback/profiles/{id}`.

    POST, PUT and PATCH take a JSON object, the others no body. `query` has the allowed parameters.
    """

    method: str
    path: str
    handler: Callable[[Call], Any]
    query: frozenset[str] = frozenset()

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the parameters of a path if it matches this route."""
        pattern = self.path.removeprefix("/").split("/")
        if len(pattern) != len(segments):
            return None
        params: dict[str, str] = {}
        for part, segment in zip(pattern, segments, strict=True):
            if part.startswith("{"):
                params[part.strip("{}")] = segment
            elif part != segment:
                return None
        return None if "" in params.values() else params

    def call(self, request: Request, params: Mapping[str, str]) -> Any:
        """Check the format of a request and pass it to the handler."""
        takes_body = self.method in ("POST", "PUT", "PATCH")
        fields = _read_fields(request) if takes_body else _check_no_body(request)
        query = _read_query(request, self.query)
        return self.handler(Call(params=params, query=query, fields=fields))


def dispatch(routes: Sequence[Route], request: Request) -> Any:
    """Call the handler of the matching route. Raises Refusal 404 or 405 if there is none."""
    found = [(route, route.match(request.segments)) for route in routes]
    by_method = {route.method: (route, params) for route, params in found if params is not None}
    if not by_method:
        raise Refusal(404, "The route does not exist")
    if request.method not in by_method:
        allow = ("allow", ", ".join(by_method))
        raise Refusal(405, f"{request.method} is not allowed here", headers=(allow,))
    route, params = by_method[request.method]
    return route.call(request, params)


def _read_fields(request: Request) -> Mapping[str, Any]:
    media_type, _, parameter = request.headers.get("content-type", "").lower().partition(";")
    charset = parameter.strip().replace('"', "")
    if media_type.strip() != "application/json" or charset not in ("", "charset=utf-8"):
        raise Refusal(415, "Content-Type must be application/json")
    try:
        fields = parse_json(request.body.decode())
    except ValueError as error:
        raise Refusal(400, "The body is not valid JSON") from error
    if not isinstance(fields, dict):
        raise Refusal(400, "The body is not a JSON object")
    return fields


def _check_no_body(request: Request) -> Mapping[str, Any]:
    if request.body:
        raise Refusal(400, f"{request.method} takes no body here")
    return {}


def _read_query(request: Request, known: frozenset[str]) -> Mapping[str, str]:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    query = dict(pairs)
    unknown = [f"{name} is not a parameter of this request" for name in query.keys() - known]
    if unknown:
        raise Refusal(400, "Validation failed", params=sorted(unknown))
    if len(query) != len(pairs):
        raise Refusal(400, "Duplicate query parameter")
    return query
