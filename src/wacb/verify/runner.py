"""Run all checks: each one that can be run is, even if others fail. Writes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from wacb.verify import checks
from wacb.verify.checks import Context, Inputs
from wacb.verify.result import ERROR_TYPES, CheckResult, Passed, run_check, skipped


def run_all(
    prepare: Callable[[], Inputs],
    *,
    choose: Callable[[], str],
    more_numbers: Sequence[str] = (),
    send: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> list[CheckResult]:
    """Run every check, and return the results in the order of ERROR_TYPES.

    `prepare` is checked first, as the config. `choose` returns a number (E.164) if neither a number
    nor a profile is named; its errors are raised. With `send` a sample callback is delivered.
    `more_numbers` (E.164) have results of their own, after that of the first number.
    """
    results: dict[str, CheckResult] = {}
    context = Context(send=send)

    def run(name: str, check: Callable[[], Passed]) -> None:
        results[name] = run_check(name, check, clock=clock, before=ahead.get(name, 0.0))

    ahead: dict[str, float] = {}
    run("config", partial(checks.config, context, prepare))
    if results["config"].ok:
        ahead = checks.look_ahead(context, more_numbers, clock=clock)
        run("credentials", partial(checks.credentials, context))
        if context.access and not (context.number or context.inputs.reference):
            context.number = choose()
        for name, check in _order(context):
            run(name, partial(check, context))
    for name in ERROR_TYPES:
        if name not in results:
            run(name, partial(skipped, "the config is not usable"))
    if more_numbers:
        results["number"] = _name_number(context, results["number"])
    more = []
    for context.number in more_numbers:
        result = run_check("number", partial(checks.number, context), clock=clock)
        more.append(_name_number(context, result))
    return [
        each
        for name in ERROR_TYPES
        for each in (results[name], *(more if name == "number" else ()))
    ]


def _name_number(context: Context, result: CheckResult) -> CheckResult:
    return result._replace(detail=f"{context.number}: {result.detail}")


def _order(context: Context) -> list[tuple[str, Callable[[Context], Passed]]]:
    """Order the checks so that each one follows those that it needs.

    A named profile is checked before the number, which should have it attached.
    """
    number, profile = ("number", checks.number), ("profile", checks.profile)
    return [
        *((profile, number) if context.inputs.reference else (number, profile)),
        ("template", checks.template),
        ("endpoint", checks.endpoint),
        ("delivery", checks.delivery),
    ]
