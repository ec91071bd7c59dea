"""Walk the chain: every link that can be checked is, whatever else is broken. Writes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

from wacb.verify import checks
from wacb.verify.checks import Known, Setup
from wacb.verify.result import KINDS, Finding, Link, measure, unchecked


def walk(
    prepare: Callable[[], Setup],
    *,
    choose: Callable[[], str],
    send: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> list[Link]:
    """Check every link, and return them in the order of the chain.

    `prepare` is what the first link checks. `choose` gives a number (E.164) where neither a number
    nor a profile is named; what it raises is raised. With `send` a sample callback is delivered.
    """
    links: dict[str, Link] = {}
    known = Known(send=send)

    def look(name: str, check: Callable[[], Finding]) -> None:
        links[name] = measure(name, check, clock=clock)

    look("config", partial(checks.config, known, prepare))
    if links["config"].ok:
        look("credentials", partial(checks.credentials, known))
        if known.access and not (known.number or known.setup.reference):
            known.number = choose()
        for name, check in _order(known):
            look(name, partial(check, known))
    for name in KINDS:
        if name not in links:
            look(name, partial(unchecked, "there is no working config"))
    return [links[name] for name in KINDS]


def _order(known: Known) -> list[tuple[str, Callable[[Known], Finding]]]:
    """Put the checks into an order in which each finds what it stands on.

    A profile that was named comes before the number: it is the one that the number is to carry.
    """
    number, profile = ("number", checks.number), ("profile", checks.profile)
    return [
        *((profile, number) if known.setup.reference else (number, profile)),
        ("template", checks.template),
        ("endpoint", checks.endpoint),
        ("delivery", checks.delivery),
    ]
