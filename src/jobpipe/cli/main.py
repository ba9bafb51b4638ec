"""The `jobpipe` command.

Commands are imported when they are called, so that `--help` answers at once: this module imports nothing
but click.  All errors meant for a person are printed here, in one place.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

DONE, RUN_FAILED, WRONG_USE, HELD, INTERNAL_ERROR, INTERRUPTED = 0, 1, 2, 3, 4, 130

# Command -> (one line for the list, whose module is `jobpipe.cli.commands.<command>`, a hyphen being an underscore).
COMMANDS = {
    "init": "Make a project folder, with one import that works at once.",
    "check": "Check definitions without reading a source.",
    "preview": "Show a few records beside the postings made from them.",
    "run": "Run imports.",
    "serve": "Run imports when they are due, on this machine; answer how all is.",
    "web": "Serve the interface alone.",
    "scheduler": "Put what is due into a cluster's queue.",
    "status": "Show every import at a glance: on time, late or down; what is live.",
    "doctor": "Look at the set-up: what is wrong, and what to do.",
    "recover": "Take up the runs that dead processes left.",
    "worker": "Work for a cluster: transform batches, read sources.",
    "reprocess": "Make the postings again from stored records, under today's definition.",
    "plan": "Show what a changed definition or mapping would do to the stored postings.",
    "plans": "List plans.",
    "apply": "Apply a plan: do what it says.",
    "unmapped": "List labels that no mapping table has, the most frequent first.",
    "map": "Map labels to codes: ask for the most frequent, or set, import, export, undo.",
    "suggest": "Suggest codes of a taxonomy for labels, with a confidence and the reason.",
    "override": "Rules above the definitions: leave postings out, set values; with history and undo.",
    "posting": "Show one posting, exclude it everywhere, or override its values, until a day.",
    "taxonomy": "Load taxonomies, see what a release does before it is applied, roll it back.",
    "runs": "List the latest runs.",
    "show": "Show one run: its account, its evidence, what to look at.",
    "accept": "Let the expiries of a held run happen.",
    "dismiss": "End a held run with nothing expired.",
    "pause": "Let an import rest; what becomes of its postings is asked.",
    "resume": "Let a paused or removed import run again.",
    "remove": "Give an import up; what becomes of its postings is asked.",
    "postings": "List an import's postings.",
    "near-duplicates": "List jobs that several imports of a client have; keep one, split, undo.",
    "incidents": "What went wrong, like errors together: list, acknowledge, mute, assign, resolve.",
    "owners": "Who holds which role, and so has which incidents.",
    "expectations": "Show what an import's past makes one expect of its next run.",
    "notify": "Tell people of incidents: test, preview, send, log.",
    "quarantine": "List rejected records, with reason and place; try them again after a fix.",
    "report": "Tell a publisher what was refused in its feed, at which line, and how to mend it.",
    "deliver": "Send what has changed to destinations.",
    "destinations": "Show destinations: state, how far behind, what each has.",
    "deliveries": "What was sent; let a file go that waits, retry, replay.",
    "preflight": "List the postings that a destination would refuse, why, and whose matter that is.",
    "trace": "Show a posting's whole way: source, record, steps, revisions, deliveries.",
    "export": "Write an import's live postings to a file.",
    "accounts": "Who may use the interface: list, make, give a password, close.",
    "secrets": "Keep secrets sealed in the ledger, for definitions to ask for.",
    "verify": "Look whether ledger, documents and archive agree; put right what does not.",
    "backup": "Copy ledger, documents and archive, while runs are under way.",
    "restore": "Put a backup back, and bring its parts to agree.",
    "erase": "Erase a person's data wherever it is stored, and mask what comes again.",
    "prune": "Remove what is not needed any more: archive, revisions, what is gone.",
    "steps": "List the steps of a definition, or explain one.",
    "connectors": "List the services that a word in `source` is enough for, or explain one.",
    "schema": "Print the JSON Schema of definitions, for editors.",
}


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
            import difflib

            near = difflib.get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else " See `jobpipe --help`."
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
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("-C", "folder", metavar="DIR", help="The project folder (otherwise the nearest one upwards).")
@click.option("--traceback", is_flag=True, help="Show where in the code an error came from.")
@click.version_option(package_name="job-pipe", prog_name="jobpipe")
@click.pass_context
def jobpipe(context: click.Context, folder: str | None, traceback: bool) -> None:
    """Import job offers, keep track of what is new, changed and gone, and account for every record.

    Exit codes: 0 done, 1 a run failed or was partial, 2 wrong use or invalid definition, 3 held,
    4 internal error, 130 interrupted.
    """
    context.obj = folder


def move_folder_option(arguments: list[str]) -> list[str]:
    """`-C DIR` may stand anywhere: it is brought to the front, where click expects it."""
    front: list[str] = []
    rest: list[str] = []
    given = iter(arguments)
    for argument in given:
        if argument == "--":
            rest += [argument, *given]
        elif argument == "-C":
            front += [argument, *([value] if (value := next(given, None)) is not None else [])]
        elif argument == "--traceback":
            front.append(argument)
        elif argument.startswith("-C") and len(argument) > 2:
            front += ["-C", argument[2:]]
        else:
            rest.append(argument)
    return front + rest


def main(arguments: list[str] | None = None) -> None:
    """The entry point: runs the command, prints errors for people, gives the exit code."""
    given = move_folder_option(list(sys.argv[1:] if arguments is None else arguments))
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
