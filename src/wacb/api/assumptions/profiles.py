"""Assumptions about hosts, envelopes and callback profiles (api.md §1, §3, §4)."""

from __future__ import annotations

from wacb.api.assumptions.model import Assumption, SeenBy

PROFILES = (
    Assumption(
        id="default_region",
        sentence="An account without a region belongs to `sg`.",
        matters_for="every request",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="refused_key",
        sentence="A wrong SID or key is answered with 401 or 403.",
        matters_for="distinguishing wrong credentials from other failures",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="failure_in_success",
        sentence="A 2xx is a failure if it has an error inside, a failing `status`, or a `success` "
        "that is false.",
        matters_for="every request",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="missing_profile_code",
        sentence="A profile that does not exist is answered with 404 and `RBC302`.",
        matters_for="profile delete, and every command that takes an ID",
        seen_by=SeenBy.READING,
        page="platform-apis-delete-callback-profile-by-id",
    ),
    Assumption(
        id="other_codes",
        sentence="Undocumented codes are `RBC` or `WA` and the HTTP status.",
        matters_for="the sandbox only",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="json_strings",
        sentence="`body`, `headers` and `events` are sent as strings that contain JSON; "
        "responses have such strings, or JSON.",
        matters_for="profile create, profile update",
        seen_by=SeenBy.READING,
    ),
    Assumption(
        id="created_id",
        sentence="The response to a create has the ID as `profile_id`, `profileId` or `id`.",
        matters_for="profile create",
        seen_by=SeenBy.WRITING,
    ),
    Assumption(
        id="titles_repeat",
        sentence="Several profiles may have the same title.",
        matters_for="profile create, and every command that takes a title",
        seen_by=SeenBy.WRITING,
    ),
    Assumption(
        id="profile_listing",
        sentence="The profiles are listed in `data` itself, or in it as `profiles`, `data`, "
        "`rows`, `list` or `items`; without a list there are none.",
        matters_for="every command that looks profiles up",
        seen_by=SeenBy.READING,
    ),
    Assumption(
        id="page_cap",
        sentence="A page has up to 100 profiles.",
        matters_for="listing more than 25 profiles",
        seen_by=SeenBy.READING,
        override="contract.page_cap",
    ),
    Assumption(
        id="offset_counts",
        sentence="`offset` counts rows.",
        matters_for="listing more profiles than one page has",
        seen_by=SeenBy.READING,
        override="contract.offset_counts",
    ),
    Assumption(
        id="short_page_is_last",
        sentence="A page of fewer than 25 profiles, or shorter than the first, is the last one "
        "unless it says that there are more.",
        matters_for="listing more profiles than one page has",
        seen_by=SeenBy.READING,
        override="contract.page_cap",
    ),
    Assumption(
        id="lean_rows",
        sentence="What a listed profile lacks is in its details.",
        matters_for="profile list, profile check, plan, export",
        seen_by=SeenBy.READING,
    ),
    Assumption(
        id="title_filter",
        sentence="`title` finds every profile of exactly this title.",
        matters_for="every command that takes a title",
        seen_by=SeenBy.READING,
    ),
    Assumption(
        id="listed_within",
        sentence="A new profile is listed within 30 seconds; its details are there at once.",
        matters_for="profile create that is run twice",
        seen_by=SeenBy.WRITING,
    ),
    Assumption(
        id="profile_details",
        sentence="The details of a profile are `data` itself, or in it, alone in an array or as "
        "`profile`, `callback_profile`, `data` or `details`.",
        matters_for="every command that takes an ID",
        seen_by=SeenBy.READING,
    ),
    Assumption(
        id="profile_status",
        sentence="The status of a profile is 1 (active), 2 (auto-disabled), 3 (disabled) or one "
        "of these words.",
        matters_for="number attach, verify",
        seen_by=SeenBy.READING,
    ),
    Assumption(
        id="headers_shown",
        sentence="The headers of a profile are shown with their real values.",
        matters_for="profile update of single headers",
        seen_by=SeenBy.WRITING,
    ),
    Assumption(
        id="update_fields",
        sentence="`headers`, `enc` and `events` can be updated.",
        matters_for="profile update",
        seen_by=SeenBy.WRITING,
    ),
    Assumption(
        id="clear_value",
        sentence="An update to the empty string clears a field.",
        matters_for="profile update to a method without a body",
        seen_by=SeenBy.WRITING,
    ),
    Assumption(
        id="left_over_body",
        sentence="A profile for GET or DELETE cannot have a body.",
        matters_for="the sandbox only",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="channel_names",
        sentence="Incoming WhatsApp messages arrive by the channel `whatsapp`, `default` or none.",
        matters_for="apply --prune",
        seen_by=SeenBy.NOTHING,
    ),
)
