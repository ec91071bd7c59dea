"""What `callback listen --forward-to` does with each callback."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from wacb.callbacks.decode import Request
from wacb.callbacks.recorder import Record
from wacb.callbacks.relay import Background, Target, forward, parse_target
from wacb.cli.views import record_json
from wacb.errors import InvalidInput
from wacb.net.message import Response
from wacb.urls import parse_endpoint


def parse_forward_to(url: str | None, port: int, *, allow_remote: bool) -> Target | None:
    """Parse `--forward-to`; None without it. Raises InvalidInput for `port`, the receiver's own."""
    if url is None:
        return None
    target = parse_target(url, allow_remote=allow_remote)
    if target.is_local and parse_endpoint(target.url).port == port:
        raise InvalidInput(
            f"--forward-to cannot use port {port}, on which callbacks are received",
            hint="pass the port of your own receiver, or choose another --port for this one",
        )
    return target


class Forwarding(NamedTuple):
    """Forwards recorded callbacks to `target`, if there is one, and reports the responses."""

    background: Background
    target: Target | None
    report: Callable[[Record], None]

    def __call__(self, record: Record, request: Request) -> Awaitable[Response] | None:
        """Return the target's response to a callback, for its sender."""
        return self._forward(self.target, record, request) if self.target else None

    async def _forward(self, target: Target, record: Record, request: Request) -> Response:
        forwarded, response = await forward(self.background, target, request)
        self.report(record | {"forwarded": record_json(forwarded)})
        return response
