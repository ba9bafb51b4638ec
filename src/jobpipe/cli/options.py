"""Options that several commands have."""

from __future__ import annotations

import click

from jobpipe.cli.completing import complete_selectors


def examples(*lines: str) -> str:
    """Of a command, for the end of its help."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


selectors_argument = click.argument("selectors", shell_complete=complete_selectors, nargs=-1, metavar="[SELECTOR]...")
excluded_option = click.option(
    "--exclude", "excluded", multiple=True, metavar="SELECTOR", help="Not these; may be repeated."
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
quiet_option = click.option("--quiet", is_flag=True, help="No progress.")
log_option = click.option(
    "--log",
    type=click.Choice(["text", "json"]),
    default="text",
    envvar="JOBPIPE_LOG",
    show_default=True,
    help="How each line of the log is written.",
)
feeds_option = click.option(
    "--feeds",
    "feeds_address",
    default="",
    metavar="HOST:PORT",
    help="Hand out the feeds of destinations there, and nothing else; at --address when absent.",
)
address_option = click.option(
    "--address",
    default="127.0.0.1:8787",
    show_default=True,
    metavar="HOST:PORT",
    help="Of /healthz, /readyz, /metrics and /feeds/: of this machine alone, unless you say otherwise.",
)
