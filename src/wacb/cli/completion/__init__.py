"""Completion: the callbacks of options and arguments, which load values on a TAB only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Complete = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]


def _load_on_tab(name: str) -> Complete:
    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from wacb.cli.completion import values

        offer: Complete = getattr(values, name)
        return offer(ctx, param, incomplete)

    return complete


accounts = _load_on_tab("accounts")
algorithms = _load_on_tab("algorithms")
config_values = _load_on_tab("config_values")
files = _load_on_tab("files")
folders = _load_on_tab("folders")
numbers = _load_on_tab("numbers")
profiles = _load_on_tab("profiles")
sandbox_numbers = _load_on_tab("sandbox_numbers")
