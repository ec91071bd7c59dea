"""The template of a new profile, in its URL or body: the default or a custom one."""

from __future__ import annotations

from collections.abc import Sequence

from wacb.errors import InvalidInput, TemplateError
from wacb.template import placeholders
from wacb.template.inspect import inspect_body, inspect_url, require_complete
from wacb.template.placeholders import MARK, append_query, build_query, taken_keys


def build_url(url: str, names: Sequence[str], *, allow_missing: bool = False) -> str:
    """Append the GET template to `url`, whose own characters are kept.

    A URL that already has a placeholder is a custom template: checked, not changed. Raises
    TemplateError if it is not complete, and if a query parameter would be duplicated.
    """
    inspection = inspect_url(url)
    own = MARK.search(url) is not None
    require_complete(inspection, allow_missing=allow_missing or not own)
    if own:
        return url
    if taken := taken_keys(url, names):
        key, name = taken[0]
        raise TemplateError(
            f"the URL already has the query parameter {key!r}",
            hint=f"remove or rename it: wacb adds {name}=<{name}>",
        )
    return append_query(url, build_query(names))


def default_body(*, with_status: bool) -> str:
    """Build the default POST template as compact JSON."""
    names = placeholders.names(with_status=with_status)
    return placeholders.compact(placeholders.build_body(names))


def custom_body(text: str, *, with_status: bool, allow_missing: bool) -> str:
    """Check and compact a custom template. Raises InvalidInput or TemplateError."""
    if with_status:
        raise InvalidInput("--with-status and --body-file cannot be used together")
    require_complete(inspect_body(text), allow_missing=allow_missing)
    return placeholders.compact(text)


def refuse_encoded(url: str) -> None:
    """Raise TemplateError if the URL of a POST or PUT profile has an encoded placeholder."""
    _, encoded = placeholders.sort_names(MARK.finditer(url))
    if encoded:
        raise TemplateError(
            f"<{encoded[0]}> in the URL is encoded or escaped, so Kaleyra never fills it",
            hint="remove it: POST and PUT have their template in the body",
        )
