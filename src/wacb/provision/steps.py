"""One change of a profile, prepared and then executed; a dry run stops in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from wacb.api.requests import Api, ApiRequest
from wacb.models import CallbackProfile, ProfileDraft
from wacb.redaction import mask_draft
from wacb.storage.create_lock import Claim


class ProfileResult(NamedTuple):
    """A profile and what was done about it; `notes` are for the user.

    `result` is "created", "adopted", "updated", "unchanged" or "deleted".
    """

    profile: CallbackProfile
    result: str
    notes: tuple[str, ...] = ()


def as_sent(draft: ProfileDraft, profile_id: str) -> CallbackProfile:
    """Show a draft as the profile it asks for."""
    return CallbackProfile(
        id=profile_id,
        title=draft.title,
        method=draft.method,
        url=draft.url,
        body=draft.body,
        headers=draft.headers or {},
        channel=draft.channel,
        events=draft.events or (),
        encryption=draft.encryption,
        response_message=draft.response_message,
    )


class ProfileStep(NamedTuple):
    """One profile's change, ready to be carried out.

    A create has a `claim` to its title, and `once` forbids a second profile of it. Otherwise `live`
    is the profile that is there already, `changes` the fields in which it differs.
    """

    draft: ProfileDraft
    once: bool = False
    claim: Claim | None = None
    live: CallbackProfile | None = None
    changes: Mapping[str, tuple[Any, Any]] = {}
    notes: tuple[str, ...] = ()

    def requests(self, api: Api) -> list[ApiRequest]:
        """The requests of this step as a dry run shows them, secrets masked."""
        draft = mask_draft(self.draft)
        if self.live is None:
            return [api.create_profile(draft)]
        return [api.update_profile(self.live.id, draft, self.changes)] if self.changes else []
