"""Which request a route takes: path, method, content type, body, query, checked in that order.

Knows how a request must look, not what its fields may hold (fields.py) or what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from wacb.sandbox.routing import Refusal, Request, parse_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that found its route, taken apart: `params` come from the path."""

    params: Mapping[str, str]
    query: Mapping[str, str]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint. `path` is a pattern like `/v1/{sid}/callback/profiles/{id}`.

    POST, PUT and PATCH take a JSON object; the others no body. `query` names what may follow `?`.
    """

    method: str
    path: str
    handler: Callable[[Call], Any]
    query: frozenset[str] = frozenset()

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the path's parameters if this is its route."""
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
        """Check how the request looks and hand it to the handler."""
        takes_body = self.method in ("POST", "PUT", "PATCH")
        fields = _read_fields(request) if takes_body else _read_nothing(request)
        query = _read_query(request, self.query)
        return self.handler(Call(params=params, query=query, fields=fields))


def dispatch(routes: Sequence[Route], request: Request) -> Any:
    """Find the route, 404 or 405 without one, and return what its handler returns."""
    found = [(route, route.match(request.segments)) for route in routes]
    by_method = {route.method: (route, params) for route, params in found if params is not None}
    if not by_method:
        raise Refusal(404, "There is no such route")
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


def _read_nothing(request: Request) -> Mapping[str, Any]:
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
        raise Refusal(400, "A query parameter is given twice")
    return query
