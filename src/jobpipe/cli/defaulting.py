"""A group of commands of which one need not be named: `jobpipe incidents` is `jobpipe incidents list`."""

from __future__ import annotations

import click


class GroupWithList(click.Group):
    """What is none of its commands is given to `list`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        is_help = args[:1] in (["--help"], ["-h"])
        if not is_help and (not args or args[0] not in self.commands):
            self._refuse_misspelt(args, context)
            args = ["list", *args]
        return super().parse_args(context, args)

    def _refuse_misspelt(self, args: list[str], context: click.Context) -> None:
        """A word that `list` could not take was meant for a command."""
        takes_words = any(isinstance(one, click.Argument) for one in self.commands["list"].params)
        if args and not args[0].startswith("-") and not takes_words:
            import difflib

            near = difflib.get_close_matches(args[0], self.commands, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise click.UsageError(f"There is no command '{args[0]}'.{hint}", context)

    def collect_usage_pieces(self, context: click.Context) -> list[str]:
        return ["[COMMAND] …"]

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, command.get_short_help_str(limit=100)) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
