"""Who decides: an option, the environment, or who is logged in."""

from __future__ import annotations

import click

by_option = click.option("--by", envvar="JOBPIPE_USER", default="", help="Who decides (otherwise: who is logged in).")


def who(by: str) -> str:
    import getpass

    try:
        return by or getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
