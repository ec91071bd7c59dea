"""Requests to the Kaleyra API: paths and the JSON that is sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from wacb.errors import Command, ConfigError, Prose
from wacb.jsontext import compact_json
from wacb.models import NewKey, ProfileDraft

_WABA_HINT = Prose(
    "pass --waba-id ID (the console shows it next to the number) or run `",
    Command("config set", "waba_id", "ID"),
    "`",
)
_PAGE_SIZE = 100  # assumed: page_cap (api.md §4)
V1_UPDATE = "/v1/{sid}/whatsapp/number"  # api.md §5
_MIN_CAP = 25  # assumed: short_page_is_last (api.md §4)


class ApiRequest(NamedTuple):
    """One request to the API, not yet authenticated.

    `body` is sent as JSON. `verb` and `subject` say what it does, like "deleting" and "callback
    profile X". `existing` says that this is one thing that should exist, so a 404 is about it and
    not about the path.
    """

    method: str
    url: str
    verb: str
    subject: str
    body: Mapping[str, Any] | None = None
    existing: bool = True

    @property
    def action(self) -> str:
        """What the request does, in words."""
        return f"{self.verb} {self.subject}"

    def headers(self, key: str) -> dict[str, str]:
        """The headers to send, with the account's API key."""
        headers = {"api-key": key, "accept": "application/json"}
        return headers if self.body is None else headers | {"content-type": "application/json"}


class Paging(NamedTuple):
    """How a listing is paged: in pages of up to `size` rows, of which only the last has fewer than
    `least`. `by_pages` says that the offset counts pages instead of rows.
    """

    size: int = _PAGE_SIZE
    least: int = _MIN_CAP
    by_pages: bool = False


class Api(NamedTuple):
    """Builds the requests of one account.

    `v1` and `v2` are base URLs without a trailing slash, `waba_id` None selects the V1 number API,
    `overrides` is the `[contract]` table of the config file.
    """

    v1: str
    v2: str
    sid: str
    waba_id: str | None = None
    overrides: Mapping[str, str] = MappingProxyType({})

    def adapt(self, overrides: Mapping[str, str]) -> Api:
        """Return the API with other values of `[contract]`."""
        return self._replace(overrides={**self.overrides, **overrides})

    @property
    def attach_field(self) -> str:
        """The wire name of a number's profile ID."""
        # assumed: attach_field; every other Kaleyra API calls it so (api.md §5)
        return self.overrides.get("attach_field", "callback_profile_id")

    @property
    def attach_path(self) -> str:
        """The path that sets a number's profile, with `{sid}` and `{waba_id}` in it."""
        # assumed: attach_path (api.md §5)
        default = "/v2/{sid}/whatsapp/{waba_id}/number/update" if self.waba_id else V1_UPDATE
        return self.overrides.get("attach_path", default)

    @property
    def attach_method(self) -> str:
        """The HTTP method that sets a number's profile."""
        return self.overrides.get("attach_method", "PUT")  # assumed: attach_method (api.md §5)

    @property
    def number_profile_member(self) -> str | None:
        """The member of a listed number that holds its profile's ID, None if none is chosen."""
        return self.overrides.get("number_profile_member")

    @property
    def detach_value(self) -> str:
        """What stands in that field of a number without a profile."""
        # assumed: detach_value (api.md §5)
        return self.overrides.get("detach_value", "")

    @property
    def paging(self) -> Paging:
        """How the listing of profiles is paged."""
        cap = self.overrides.get("page_cap")
        return Paging(
            size=int(cap or _PAGE_SIZE),
            least=int(cap or _MIN_CAP),
            by_pages=self.overrides.get("offset_counts") == "pages",  # assumed: offset_counts
        )

    def list_profiles(
        self, *, offset: int, title: str | None = None, limit: int | None = None
    ) -> ApiRequest:
        """Ask for one page of `limit` rows, by default as many as a page has."""
        query = {"limit": limit or self.paging.size, "offset": offset} | (
            {"title": title} if title else {}
        )
        return ApiRequest(
            method="GET",
            url=f"{self._profiles()}?{urlencode(query, errors='replace')}",
            verb="listing",
            subject="callback profiles",
            existing=False,
        )

    def get_profile(self, profile_id: str) -> ApiRequest:
        """Ask for one profile."""
        return ApiRequest(
            method="GET",
            url=self._profiles(profile_id),
            verb="reading",
            subject=f"callback profile {profile_id}",
        )

    def create_profile(self, draft: ProfileDraft) -> ApiRequest:
        """Create a profile with the fields that the draft gives."""
        return ApiRequest(
            method="POST",
            url=self._profiles(),
            body=_profile_body(draft),
            verb="creating",
            subject=f"callback profile {draft.title!r}",
            existing=False,
        )

    def update_profile(
        self, profile_id: str, draft: ProfileDraft, fields: Collection[str]
    ) -> ApiRequest:
        """Change those `fields` (named as in ProfileDraft) to the draft's values.

        What is not sent keeps its value (api.md §4). assumed: update_fields.
        """
        names = {_WIRE_NAMES.get(name, name) for name in fields}
        body = {name: value for name, value in _profile_body(draft).items() if name in names}
        return ApiRequest(
            method="PATCH",
            url=self._profiles(profile_id),
            body=body,
            verb="updating",
            subject=f"callback profile {profile_id}",
        )

    def delete_profile(self, profile_id: str) -> ApiRequest:
        """Delete a profile; the API does not check whether a number uses it (api.md §4)."""
        return ApiRequest(
            method="DELETE",
            url=self._profiles(profile_id),
            verb="deleting",
            subject=f"callback profile {profile_id}",
        )

    def list_numbers(self) -> ApiRequest:
        """Ask for the numbers of the WABA (V2 only). Raises ConfigError without a WABA ID."""
        if self.waba_id is None:
            raise ConfigError(
                "numbers can only be listed with a WABA ID: the V1 API has no listing",
                hint=_WABA_HINT,
            )
        return ApiRequest(
            method="GET",
            url=f"{self.v2}/v2/{self.sid}/whatsapp/{self.waba_id}/number",
            verb="listing",
            subject=f"the numbers of WABA {self.waba_id}",
            existing=False,
        )

    def number_details(self, number: str) -> ApiRequest:
        """Ask for a number's status. This route never shows the profile (api.md §5)."""
        path = f"{self.sid}/whatsapp/{quote(number, safe='+')}/phone_number_details"
        return ApiRequest(
            method="GET",
            url=f"{self.v2}/v2/{path}" if self.waba_id else f"{self.v1}/v1/{path}",
            verb="reading",
            subject=f"number {number}",
        )

    def attach(self, number: str, profile_id: str) -> ApiRequest:
        """Attach a profile to a number: only the number and one field are sent (api.md §5)."""
        path = self.attach_path
        base = self.v1 if path.startswith("/v1/") else self.v2
        is_v1 = path == V1_UPDATE or self.waba_id is None
        path = path.replace("{sid}", self.sid).replace("{waba_id}", self.waba_id or "")
        return ApiRequest(
            method=self.attach_method,
            url=base + path,
            # assumed: v1_attach (api.md §5)
            body={
                "wa_number" if is_v1 else "phone_number": number,
                self.attach_field: profile_id,
            },
            verb="changing",
            subject=f"number {number}",
        )

    def detach(self, number: str) -> ApiRequest:
        """Detach the profile from a number."""
        return self.attach(number, self.detach_value)

    def add_number(
        self, number: str, *, name: str, country_code: str, verification: str
    ) -> ApiRequest:
        """Register a new number; `verification` is "sms" or "voice" (V2 only, api.md §5)."""
        body = {
            "phone_number": number,
            "name": name,
            "verification_type": verification,
            "country_code": country_code,
        }
        return self._registration("registering", number, "add", body)._replace(existing=False)

    def verify_number(self, number: str, *, registration_id: str, otp: str) -> ApiRequest:
        """Confirm a new number with the code that was sent to it (V2 only)."""
        body = {"id": registration_id, "phone_number": number, "otp": otp}
        return self._registration("confirming", number, "verify", body)

    def retry_otp(self, number: str, *, registration_id: str) -> ApiRequest:
        """Ask for another code (V2 only)."""
        body = {"id": registration_id, "phone_number": number}
        return self._registration("resending the code to", number, "retry_otp", body)

    def _registration(
        self, verb: str, number: str, step: str, body: Mapping[str, Any]
    ) -> ApiRequest:
        if self.waba_id is None:
            raise ConfigError(
                "a number can only be registered with a WABA ID: the V1 API has no such route",
                hint=_WABA_HINT,
            )
        url = f"{self.v2}/v2/{self.sid}/whatsapp/{self.waba_id}/number/{step}"
        return ApiRequest(method="POST", url=url, body=body, verb=verb, subject=f"number {number}")

    def set_incoming_url(self, number: str, url: str) -> ApiRequest:
        """Store an endpoint on the number itself: the documented V1 alternative (api.md §5)."""
        return ApiRequest(
            method="PUT",
            url=f"{self.v1}/v1/{self.sid}/whatsapp/number",
            body={"wa_number": number, "incoming_url": url},
            verb="changing",
            subject=f"number {number}",
        )

    def _profiles(self, profile_id: str | None = None) -> str:
        path = f"{self.v1}/v1/{self.sid}/callback/profiles"
        if profile_id is None:
            return path
        return f"{path}/{quote(profile_id, safe='', errors='replace')}"


# fields of ProfileDraft -> wire names, where they differ
_WIRE_NAMES = {"method": "http_method", "encryption": "enc"}


def _profile_body(draft: ProfileDraft) -> dict[str, Any]:
    """Map a draft to wire fields. An optional field that was not given is left out (api.md §4)."""
    encryption = draft.encryption
    assert not isinstance(encryption, NewKey), "a new key is generated before it is sent"
    fields: dict[str, Any] = {
        "title": draft.title,
        "http_method": draft.method.value,
        "url": draft.url,
        "body": draft.body,  # assumed: json_strings, as are headers and events (api.md §4)
        "headers": None if draft.headers is None else compact_json(dict(draft.headers)),
        "enc": encryption
        and {"algo": encryption.algorithm, "key": encryption.key, "IV": encryption.iv},
        "response_message": draft.response_message,
        "channel": draft.channel,
        "events": None if draft.events is None else compact_json(list(draft.events)),
    }
    return {name: value for name, value in fields.items() if value is not None}


def encode(body: Mapping[str, Any]) -> bytes:
    """Serialise a request's body; placeholders keep their literal brackets."""
    return compact_json(body).encode(errors="replace")
