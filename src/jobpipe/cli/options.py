"""Options that several commands have."""

from __future__ import annotations

import click

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
quiet_option = click.option("--quiet", is_flag=True, help="No progress.")


def who(by: str) -> str:
    """Whom a decision is of: as given, else who is logged in."""
    import getpass

    try:
        return by or getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
