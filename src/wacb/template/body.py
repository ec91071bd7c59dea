"""The body of a POST or PUT profile: the default template or a custom one."""

from __future__ import annotations

from wacb.errors import InvalidInput, TemplateError
from wacb.template import placeholders


def default_body(*, with_status: bool) -> str:
    """Build the default POST template as compact JSON."""
    names = placeholders.names(with_status=with_status)
    return placeholders.compact(placeholders.build_body(names))


def custom_body(text: str, *, with_status: bool, allow_missing: bool) -> str:
    """Check and compact a custom template. Raises InvalidInput or TemplateError."""
    if with_status:
        raise InvalidInput("--with-status and --body-file cannot be used together")
    placeholders.check_body(text, allow_missing=allow_missing)
    return placeholders.compact(text)


def refuse_encoded(url: str) -> None:
    """Raise TemplateError if the URL of a POST or PUT profile has an encoded placeholder."""
    encoded = placeholders.inspect_url(url).encoded
    if encoded:
        raise TemplateError(
            f"<{encoded[0]}> in the URL is encoded or escaped, so Kaleyra never fills it",
            hint="remove it: POST and PUT have their template in the body",
        )
