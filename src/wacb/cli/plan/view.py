"""How a plan is shown: for eyes, as rows, as JSON, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wacb import jsontext
from wacb.cli import render
from wacb.cli.app import App
from wacb.cli.github import markdown_table
from wacb.cli.plan.load import checksum_of
from wacb.cli.views import error_json
from wacb.models import Method
from wacb.plan.model import Action, Change, Move, Plan
from wacb.provision.compare import as_text
from wacb.template import move, placeholders
from wacb.urls import parameters, split_query

_MARKS: Mapping[Action, tuple[str, render.Style]] = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "attach": ("~", "yellow"),
    "detach": ("-", "red"),
    "delete": ("-", "red"),
}
_NOT_SHOWN = "the API does not show the present value"


def show_plan(app: App, plan: Plan) -> None:
    """Print a plan on stdout, in the form that was asked for."""
    out = app.out
    if out.quiet:
        text = "\n".join(jsontext.visible(out.redact(change.name)) for change in plan.changes)
    elif out.chosen == "json":
        text = jsontext.json_text(as_json(app, plan))
    elif out.chosen == "markdown":
        text = as_markdown(app, plan)
    elif out.chosen == "tsv":
        text = render.tsv([row for change in plan.changes for row in _rows(change)])
    else:
        text = "\n".join(as_lines(app, plan, color=out.color))
    if text:
        out.text(text)


def as_json(app: App, plan: Plan) -> dict[str, Any]:
    """The shape of cli.md 11."""
    return {
        "changes": [change.as_json() for change in plan.changes],
        "unchanged": plan.unchanged,
        "checksum": checksum_of(app, plan),
        "problems": [error_json(problem) for problem in plan.problems],
    }


def as_markdown(app: App, plan: Plan) -> str:
    """A table with a row a field, for the summary of a job."""
    parts = [summary(plan), f"checksum `{checksum_of(app, plan)}`"]
    if plan.changes:
        rows = (
            (change.action, change.kind, _named(change), *detail)
            for change in plan.changes
            for detail in _details(change) or [("", "", "")]
        )
        titles = ("Action", "Kind", "Name", "Field", "Old", "New")
        parts.insert(1, markdown_table(app, titles, rows))
    if plan.problems:
        problems = ((problem.in_one_line,) for problem in plan.problems)
        parts.append(markdown_table(app, ("Forbidden by",), problems))
    return "\n\n".join(parts)


def summary(plan: Plan) -> str:
    """Say how much there is to do."""
    counts = [f"{count} to {action}" for action, count in plan.counts().items()]
    return ", ".join((*(counts or ["nothing to change"]), f"{plan.unchanged} unchanged"))


def as_lines(app: App, plan: Plan, *, color: bool) -> Iterator[str]:
    """Write a plan for eyes: a head for each change, its fields below."""
    for change in plan.changes:
        mark, style = _MARKS[change.action]
        head = f"{mark} {change.action}  {change.kind} {_named(change)}"
        yield render.style(_clean(app, head), style, color)
        for name, old, new in _details(change):
            yield from _lines(name, _clean(app, old), _clean(app, new), app.out.width)
    if plan.changes:
        yield ""
    yield render.style(summary(plan), "bold", color)
    if plan.changes:
        yield f"checksum {checksum_of(app, plan)}"


def _named(change: Change) -> str:
    return f"{change.name} ({change.id})" if change.id else change.name


def _clean(app: App, text: str) -> str:
    return jsontext.visible(app.out.redact(text))


def _lines(name: str, old: str, new: str, width: int) -> Iterator[str]:
    if not old:
        yield f"    {name:<16}  {new}"
    elif len(name) + len(old) + len(new) + 9 <= width:
        yield f"    {name}: {old} → {new}"
    else:
        yield f"    {name}: {old}"
        yield f"    {'→':>{len(name) + 1}} {new}"


def _details(change: Change) -> list[tuple[str, str, str]]:
    """Give name, old and new of what changes, for eyes."""
    if change.action == "create":
        return [*_created(change.fields)]
    if isinstance(change.work, Move):
        old, new = change.fields["profile"]
        present = _NOT_SHOWN if old is None else old or "none"
        title = f" ({change.work.title})" if change.work.title else ""
        return [("profile", present + title, new or "none")]
    return [row for name, values in change.fields.items() for row in _differences(name, *values)]


def _created(fields: Mapping[str, tuple[Any, Any]]) -> Iterator[tuple[str, str, str]]:
    """Give the fields of a new profile; of its template, how complete it is."""
    values = {name: new for name, (_, new) in fields.items()}
    url, body = values["url"], values.pop("body", None)
    if Method(values["method"]).uses_body:
        text = body if isinstance(body, str) else jsontext.json_line(body)
        report = placeholders.inspect_body(text)
    else:
        report = placeholders.inspect_url(url)
        values["url"] = move.endpoint_of(url)
    for name, value in values.items():
        yield name, "", as_text(name, value)
    yield "placeholders", "", f"{report.present}/{len(placeholders.INCOMING)}"


def _differences(name: str, old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    """Take two bodies or URLs apart, so that what differs in them is seen."""
    if name == "url":
        yield from _url_differences(old, new)
        return
    if name == "body" and isinstance(new, dict) and not old:
        report = placeholders.inspect_body(jsontext.json_line(new))
        yield "body", "none", f"{report.present}/{len(placeholders.INCOMING)} placeholders"
        return
    if not (isinstance(old, dict) and isinstance(new, dict) and name == "body"):
        yield name, as_text(name, old), as_text(name, new)
        return
    for member in {**old, **new}:
        if old.get(member) != new.get(member):
            before, after = (
                as_text("", side[member]) if member in side else "none" for side in (old, new)
            )
            yield f"body.{member}", before, after


def _url_differences(old: str, new: str) -> Iterator[tuple[str, str, str]]:
    (before, old_query), (after, new_query) = split_query(old), split_query(new)
    if before != after:
        yield "url", before, after
    first, second = parameters(old_query), parameters(new_query)
    gone, come = (
        "&".join(each.text for each in one if each.text and each not in other)
        for one, other in ((first, second), (second, first))
    )
    if gone or come:
        yield "url query", gone or "none", come or "none"
    elif before == after:  # only the order
        yield "url", old, new


def _rows(change: Change) -> Iterator[tuple[str, ...]]:
    """Give the complete values of a change, a row a field."""
    head = (change.action, change.kind, change.name, change.id or "")
    for name, values in (change.fields or {"": ("", "")}).items():
        old, new = (as_text(name, value) if value else "" for value in values)
        yield (*head, name, old, new)
