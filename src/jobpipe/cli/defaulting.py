"""A group of commands of which one need not be named: `jobpipe incidents` is `jobpipe incidents list`."""

from __future__ import annotations

import click


class GroupWithList(click.Group):
    """What is none of its commands is given to `list`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        is_help = args[:1] in (["--help"], ["-h"])
        if not is_help and (not args or args[0] not in self.commands):
            args = ["list", *args]
        return super().parse_args(context, args)

    def collect_usage_pieces(self, context: click.Context) -> list[str]:
        return ["[COMMAND] …"]

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, command.get_short_help_str(limit=100)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
