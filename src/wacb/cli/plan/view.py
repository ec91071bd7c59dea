"""How a plan is shown: as text, rows, JSON or Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wacb import jsontext
from wacb.cli import next_command, render
from wacb.cli.app import App
from wacb.cli.console import wrap
from wacb.cli.github import markdown_table
from wacb.cli.plan.load import checksum_of
from wacb.cli.views import error_json
from wacb.models import UNKNOWN, Method
from wacb.plan.model import Action, Change, Plan
from wacb.provision.compare import as_text
from wacb.provision.number_change import NumberChange
from wacb.template import move, placeholders
from wacb.template.inspect import inspect_body, inspect_url
from wacb.urls import parameters, split_query

_MARKS: Mapping[Action, tuple[str, render.Style]] = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "attach": ("~", "yellow"),
    "detach": ("-", "red"),
    "delete": ("-", "red"),
}
_NOT_SHOWN = "not shown by the API"


def show_plan(app: App, plan: Plan) -> None:
    """Print a plan on stdout, in the requested format."""
    out = app.out
    text = ""
    if out.quiet:
        text = "\n".join(jsontext.visible(out.redact(change.name)) for change in plan.changes)
    elif out.chosen == "json":
        out.json(as_json(app, plan))
    elif out.chosen == "markdown":
        text = as_markdown(app, plan)
    elif out.chosen == "tsv":
        text = render.tsv([row for change in plan.changes for row in _rows(change)])
    else:
        text = "\n".join(as_lines(app, plan, color=out.color))
    if text:
        out.text(text)


def as_json(app: App, plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON output has it."""
    return {
        "changes": [change.as_json() for change in plan.changes],
        "unchanged": plan.unchanged,
        "checksum": checksum_of(app, plan),
        "problems": [error_json(problem) for problem in plan.problems],
    }


def as_markdown(app: App, plan: Plan) -> str:
    """Return a table with a row for each field, for the summary of a job."""
    parts = [summary(plan), f"checksum `{checksum_of(app, plan)}`"]
    if plan.changes:
        rows = (
            (change.action, change.kind, _name_with_id(change), *detail)
            for change in plan.changes
            for detail in _details(change) or [("", "", "")]
        )
        titles = ("Action", "Kind", "Name", "Field", "Old", "New")
        parts.insert(1, markdown_table(app, titles, rows))
    if plan.problems:
        problems = (
            (next_command.render(app.flags, problem.in_one_line),) for problem in plan.problems
        )
        parts.append(markdown_table(app, ("Blocking problem",), problems))
    return "\n\n".join(parts)


def summary(plan: Plan) -> str:
    """Return the number of changes of each kind, as a sentence without them."""
    counts = [f"{count} to {action}" for action, count in plan.counts().items()]
    if not counts:
        words = "resource matches" if plan.unchanged == 1 else "resources match"
        return f"No changes. {plan.unchanged} {words} the file."
    return ", ".join((*counts, f"{plan.unchanged} unchanged"))


def as_lines(app: App, plan: Plan, *, color: bool) -> Iterator[str]:
    """Write a plan as text: a head for each change, its fields below."""
    for change in plan.changes:
        mark, style = _MARKS[change.action]
        head = f"{mark} {change.action}  {change.kind} {_name_with_id(change)}"
        for line in wrap(_clean(app, head), app.out.width, hang="    ").split("\n"):
            yield render.style(line, style, color)
        for name, old, new in _details(change):
            yield from _lines(name, _clean(app, old), _clean(app, new), app.out.width)
    if plan.changes:
        yield ""
    yield render.style(summary(plan), "bold", color)
    if plan.changes:
        yield f"checksum {checksum_of(app, plan)}"


def _name_with_id(change: Change) -> str:
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
    """Return name, old and new of each changed field, as text."""
    if change.action == "create":
        return [*_created(change.fields)]
    if isinstance(change.work, NumberChange):
        _, new = change.fields["profile"]
        old = change.work.old
        present = _NOT_SHOWN if old is UNKNOWN else old or "none"
        title = f" ({change.work.old_title})" if change.work.old_title else ""
        return [("profile", present + title, new or "none")]
    return [row for name, values in change.fields.items() for row in _differences(name, *values)]


def _created(fields: Mapping[str, tuple[Any, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield the fields of a new profile; of its template, how complete it is."""
    values = {name: new for name, (_, new) in fields.items()}
    url, body = values["url"], values.pop("body", None)
    if Method(values["method"]).uses_body:
        text = body if isinstance(body, str) else jsontext.json_line(body)
        report = inspect_body(text)
    else:
        report = inspect_url(url)
        values["url"] = move.endpoint_of(url)
    for name, value in values.items():
        yield name, "", as_text(name, value)
    yield "placeholders", "", f"{report.present}/{len(placeholders.INCOMING)}"


def _differences(name: str, old: Any, new: Any) -> Iterator[tuple[str, str, str]]:
    """Yield what differs in a field: of bodies and URLs, the parts that do."""
    if name == "url":
        yield from _url_differences(old, new)
        return
    if name == "body" and isinstance(new, dict) and not old:
        report = inspect_body(jsontext.json_line(new))
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
    """Yield the complete values of a change, a row for each field."""
    head = (change.action, change.kind, change.name, change.id or "")
    for name, values in (change.fields or {"": ("", "")}).items():
        old, new = (as_text(name, value) if value else "" for value in values)
        yield (*head, name, old, new)
