"""Assumptions about WhatsApp numbers (api.md §5)."""

from __future__ import annotations

from wacb.api.assumptions.model import Assumption, SeenBy

NUMBERS = (
    Assumption(
        id="attach_field",
        sentence="The profile of a number is set with `callback_profile_id`.",
        matters_for="number attach, detach and rollback, apply",
        seen_by=SeenBy.WRITING,
        override="contract.attach_field",
    ),
    Assumption(
        id="attach_path",
        sentence="The profile of a number is set where the number is updated: "
        "`/v2/{sid}/whatsapp/{waba_id}/number/update`, on V1 `/v1/{sid}/whatsapp/number`.",
        matters_for="number attach, detach and rollback, apply",
        seen_by=SeenBy.WRITING,
        override="contract.attach_path",
    ),
    Assumption(
        id="attach_method",
        sentence="The profile of a number is set with PUT.",
        matters_for="number attach, detach and rollback, apply",
        seen_by=SeenBy.WRITING,
        override="contract.attach_method",
    ),
    Assumption(
        id="v1_attach",
        sentence="V1 sets the profile of a number with the same field as V2.",
        matters_for="number attach without a WABA ID",
        seen_by=SeenBy.WRITING,
        override="contract.attach_field",
    ),
    Assumption(
        id="detach_value",
        sentence="The empty string detaches the profile of a number.",
        matters_for="number detach, apply --prune",
        seen_by=SeenBy.NOTHING,
        override="contract.detach_value",
    ),
    Assumption(
        id="number_listing",
        sentence="All numbers of a WABA are listed at once, in `data` itself or in it as "
        "`numbers`, `number`, `phone_numbers`, `data`, `rows`, `list` or `items`.",
        matters_for="every command that looks numbers up",
        seen_by=SeenBy.READING,
    ),
    Assumption(
        id="number_members",
        sentence="A listed number is `phone_number`, `wa_number` or `display_phone_number`, with "
        "`name` or `verified_name`, and `status`.",
        matters_for="every command that looks numbers up",
        seen_by=SeenBy.READING,
    ),
    Assumption(
        id="number_profile_member",
        sentence="A listed number shows its profile as `callback_profile_id`, "
        "`callbackProfileId`, `callback_profile` or `callbackProfile`.",
        matters_for="number list and attach, profile delete, plan",
        seen_by=SeenBy.READING,
        override="contract.number_profile_member",
    ),
    Assumption(
        id="number_details",
        sentence="The details of a number are `data` itself, or in it, alone in an array or as "
        "`number`, `data` or `details`; they do not show the profile.",
        matters_for="number show, and number attach without a WABA ID",
        seen_by=SeenBy.READING,
    ),
    Assumption(
        id="number_status",
        sentence="`approved`, `active`, `connected`, `verified` and `live` mean approved; "
        "`pending`, `unverified`, `in_review`, `submitted`, `rejected` and `disabled` do not.",
        matters_for="number attach, verify",
        seen_by=SeenBy.READING,
    ),
    Assumption(
        id="number_editable_only_approved",
        sentence="Only an approved number can be edited.",
        matters_for="number attach",
        seen_by=SeenBy.NOTHING,
        page="wa-v2-update-phone-number-details",
    ),
    Assumption(
        id="incoming_url",
        sentence="Kaleyra calls the incoming URL of a number by GET, with query parameters of its "
        "own.",
        matters_for="number attach --incoming-url",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="profile_before_incoming_url",
        sentence="A number that has both a profile and an incoming URL uses the profile.",
        matters_for="the sandbox only",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="registration_id",
        sentence="The response to a new number has the registration ID as `profile_id`, "
        "`profileId` or `id`.",
        matters_for="number add",
        seen_by=SeenBy.NOTHING,
    ),
    Assumption(
        id="registration_values",
        sentence="A country code is a calling code or two letters; a code comes by `sms` or "
        "`voice`.",
        matters_for="number add",
        seen_by=SeenBy.NOTHING,
    ),
)
