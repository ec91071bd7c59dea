"""The ways of attaching a profile to a number, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from wacb.api.requests import Api

# The documented paths for updates of a number come first. The routes that register numbers,
# a POST to `/v1/{sid}/whatsapp/number` among them, are never tried.
_V2_PATHS = (
    ("/v2/{sid}/whatsapp/{waba_id}/number/update", ("PUT", "PATCH", "POST")),
    ("/v2/{sid}/whatsapp/{waba_id}/number", ("PUT", "PATCH")),
)
_V1_PATHS = (("/v1/{sid}/whatsapp/number", ("PUT", "PATCH")),)
_FIELDS = (
    "callback_profile_id",
    "callbackProfileId",
    "callback_profile",
    "callbackProfile",
    "profile_id",
    "profileId",
    "callback_id",
    "incoming_profile_id",
    "webhook_profile_id",
)


class Way(NamedTuple):
    """One way: `path` has `{sid}` and `{waba_id}` as in the config."""

    method: str
    path: str
    field: str

    def set_in(self, api: Api) -> Api:
        """Return the API whose requests attach in this way."""
        return api.adapt({f"attach_{name}": value for name, value in self._asdict().items()})


def present_way(api: Api) -> Way:
    """Return the way that wacb uses now."""
    return Way(api.attach_method, api.attach_path, api.attach_field)


def list_ways(api: Api, member: str | None = None) -> Iterator[Way]:
    """Yield every way once: the present one, then by path, method and field.

    `member` is the name by which the listing shows a number's profile, which is a likely field.
    """
    paths = (*_V2_PATHS, *_V1_PATHS) if api.waba_id else _V1_PATHS
    likely = (api.attach_field, member) if member and "." not in member else (api.attach_field,)
    fields = tuple(dict.fromkeys((*likely, *_FIELDS)))
    ways = [present_way(api)]
    for path, methods in paths:
        ways += [Way(method, path, field) for method, field in product(methods, fields)]
    yield from dict.fromkeys(ways)
