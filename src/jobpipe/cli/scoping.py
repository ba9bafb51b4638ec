"""Whom a decision is for: the options that say it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from jobpipe.cli.completing import complete_imports


def scoped(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--client", default="", help="For this client's imports; otherwise for all."),
        click.option(
            "--import",
            "name",
            shell_complete=complete_imports,
            default="",
            help="For this import alone; otherwise for all.",
        ),
    ):
        command = option(command)
    return command


def scope_of(name: str, client: str) -> tuple[str, str]:
    """The scope and its owner."""
    if name and client:
        raise click.UsageError("--import and --client exclude each other")
    return ("import", name) if name else ("client", client) if client else ("global", "")
