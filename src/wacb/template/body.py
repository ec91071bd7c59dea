"""The body of a POST or PUT profile: the default template, or one of the user's own."""

from __future__ import annotations

from wacb.errors import InvalidInput, TemplateError
from wacb.template import placeholders


def default_body(*, with_status: bool) -> str:
    """Write the POST template as it is sent."""
    names = placeholders.names(with_status=with_status)
    return placeholders.compact(placeholders.build_body(names))


def custom_body(text: str, *, with_status: bool, allow_missing: bool) -> str:
    """Take a template of the user's own for the body. Raises InvalidInput or TemplateError."""
    if with_status:
        raise InvalidInput(
            "--with-status builds a template, --body-file brings one: they exclude each other"
        )
    placeholders.check_body(text, allow_missing=allow_missing)
    return placeholders.compact(text)


def refuse_encoded(url: str) -> None:
    """Raise TemplateError for a URL of POST or PUT that holds an encoded placeholder."""
    encoded = placeholders.inspect_url(url).encoded
    if encoded:
        raise TemplateError(
            f"the URL holds <{encoded[0]}> percent-encoded or HTML-escaped, so Kaleyra would not "
            "fill it",
            hint="take it out: a POST or PUT template stands in the body",
        )
