"""One change of a profile, prepared and then executed; a dry run stops in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from wacb.api.requests import Api, ApiRequest
from wacb.models import CallbackProfile, Encryption, ProfileDraft
from wacb.redaction import mask_draft

READ_BACK_AFTER = (0.0, 1.0, 2.0)  # seconds before each look whether a change is visible


class CreateStep(NamedTuple):
    """A profile to be created; `notes` are for the user.

    `others` are the IDs of profiles that may have its title, too; None: it is to be the only one.
    """

    draft: ProfileDraft
    notes: tuple[str, ...] = ()
    others: frozenset[str] | None = None

    def requests(self, api: Api) -> list[ApiRequest]:
        """Build the request as a dry run shows it, secrets masked."""
        return [api.create_profile(mask_draft(self.draft))]


class UpdateStep(NamedTuple):
    """A live profile to be updated: `changes` maps the fields that differ to (old, new).

    `lost` says whether an earlier create made it whose answer was lost.
    """

    live: CallbackProfile
    draft: ProfileDraft
    changes: Mapping[str, tuple[Any, Any]]
    lost: bool = False

    def requests(self, api: Api) -> list[ApiRequest]:
        """Build the request as a dry run shows it, secrets masked; none where nothing differs."""
        draft = mask_draft(self.draft)
        return [api.update_profile(self.live.id, draft, self.changes)] if self.changes else []


ProfileStep = CreateStep | UpdateStep


class ProfileResult(NamedTuple):
    """A profile and what was done about it; `notes` are for the user.

    `status` is "created", "adopted", "updated", "unchanged" or "deleted".
    """

    profile: CallbackProfile
    status: str
    notes: tuple[str, ...] = ()


def as_sent(draft: ProfileDraft, profile_id: str) -> CallbackProfile:
    """Return the profile that a draft asks for."""
    return CallbackProfile(
        id=profile_id,
        title=draft.title,
        method=draft.method,
        url=draft.url,
        body=draft.body,
        headers=draft.headers or {},
        channel=draft.channel,
        events=draft.events or (),
        encryption=draft.encryption if isinstance(draft.encryption, Encryption) else None,
        response_message=draft.response_message,
    )
