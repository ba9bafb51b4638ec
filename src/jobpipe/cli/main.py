"""The `jobpipe` command.

Commands are imported when they are called, so that `--help` answers at once: this module imports nothing
but click and their list.  All errors meant for a person are printed here, in one place.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from jobpipe.cli.command_list import COMMANDS, SECTIONS, nearest

DONE, RUN_FAILED, WRONG_USE, HELD, INTERNAL_ERROR, INTERRUPTED = 0, 1, 2, 3, 4, 130


class LazyCommands(click.Group):
    """A group that knows its commands by name and imports one when it is called."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"jobpipe.cli.commands.{name.replace('-', '_')}").command
        return command

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            near = nearest(name)
            hint = f" Did you mean '{near}'?" if near else " See `jobpipe --help`."
            raise click.UsageError(f"There is no command '{name}'.{hint}", context)
        return super().resolve_command(context, args)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except BrokenPipeError:
            # click would call it a failure that whoever reads has read enough.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return DONE

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                # A column of the same width in each.
                formatter.write_dl([(name.ljust(widest), about) for name, about in commands.items()])


@click.command(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("-C", "folder", metavar="DIR", help="The project folder (otherwise the nearest one upwards).")
@click.option(
    "--progress",
    type=click.Choice(["none", "bar", "log", "json"]),
    help="How it is told on stderr how far a run is; otherwise a bar in a terminal, else a line each 10 s.",
)
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), help="NO_COLOR in the environment means never."
)
@click.option("--log-format", type=click.Choice(["text", "json"]), help="How each line of a log is written.")
@click.option("-v", "--verbose", is_flag=True, help="Log to stderr, with each request to a source.")
@click.option("--traceback", is_flag=True, help="Show where in the code an error came from.")
@click.version_option(package_name="job-pipe", prog_name="jobpipe")
@click.pass_context
def jobpipe(
    context: click.Context,
    folder: str | None,
    progress: str | None,
    color: str | None,
    log_format: str | None,
    verbose: bool,
    traceback: bool,
) -> None:
    """Import job offers, keep track of what is new, changed and gone, and account for every record.

    These options may stand anywhere on the line. Exit codes: 0 done, 1 a run failed or was partial, 2 wrong use or
    invalid definition, 3 held, 4 internal error, 130 interrupted.
    """
    context.obj = folder
    # The environment, so that the children of this process take it too.
    os.environ.update({"JOBPIPE_PROGRESS": progress} if progress else {})
    os.environ.update({"JOBPIPE_LOG": log_format} if log_format else {})
    _choose_color(color)
    if verbose:
        from jobpipe.logs import log_requests

        log_requests()


def _choose_color(color: str | None) -> None:
    """As rich reads it of the environment."""
    if color == "never":
        os.environ["NO_COLOR"] = "1"
    elif color == "always":
        os.environ.pop("NO_COLOR", None)
        os.environ["FORCE_COLOR"] = "1"


_WITH_A_VALUE = ("-C", "--progress", "--color", "--log-format")
_FLAGS = ("--traceback", "-v", "--verbose")


def move_common_options(arguments: list[str]) -> list[str]:
    """Those of every command may stand anywhere: they are brought to the front, where click expects them."""
    front: list[str] = []
    rest: list[str] = []
    given = iter(arguments)
    for argument in given:
        if argument == "--":
            rest += [argument, *given]
        elif argument in _WITH_A_VALUE:
            front += [argument, *([value] if (value := next(given, None)) is not None else [])]
        elif argument in _FLAGS or argument.partition("=")[0] in _WITH_A_VALUE[1:]:
            front.append(argument)
        elif argument.startswith("-C") and len(argument) > 2:
            front += ["-C", argument[2:]]
        else:
            rest.append(argument)
    return front + rest


def main(arguments: list[str] | None = None) -> None:
    """The entry point: runs the command, prints errors for people, gives the exit code."""
    given = move_common_options(list(sys.argv[1:] if arguments is None else arguments))
    try:
        code = jobpipe.main(args=given, prog_name="jobpipe", standalone_mode=False)
    except BaseException as error:
        code = report(error, show_traceback="--traceback" in given, folder=_folder_in(given))
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(code if isinstance(code, int) else DONE)


def _folder_in(given: list[str]) -> str | None:
    return given[given.index("-C") + 1] if "-C" in given[:-1] else None


def report(error: BaseException, *, show_traceback: bool, folder: str | None = None) -> int:
    """Say on stderr what went wrong; the exit code for it. `folder`: the project's, as `-C` said."""
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else DONE
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return DONE
    if show_traceback:
        from jobpipe.cli.errors import report_traceback

        report_traceback(error)
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error.show()
        return WRONG_USE
    from jobpipe.cli.errors import record_bug, report_error

    record_bug(error, folder)
    return report_error(error)


if __name__ == "__main__":
    main()
