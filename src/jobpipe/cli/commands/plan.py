"""`jobpipe plan`: what a change would do, before it is done."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.deciding_person import who
from jobpipe.cli.options import json_option, quiet_option

if TYPE_CHECKING:
    from jobpipe.runs.mappings.deciding import Decision
    from jobpipe.runs.overrides.deciding import RuleDecision
    from jobpipe.runs.workspace import Workspace

_SHOW = "show"
_MAKE = "make"
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
samples_option = click.option(
    "--samples", default=3, show_default=True, type=click.IntRange(0, 10), help="How many changes of a field to show."
)
by_option = click.option("--by", envvar="JOBPIPE_USER", default="", help="Who plans (otherwise: who is logged in).")


class _ByName(click.Group):
    """Whatever is not `show` is the name of an import."""

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        if args and args[0] == _SHOW and len(args) > 1:
            return super().resolve_command(context, args)
        return super().resolve_command(context, [_MAKE, *args])

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in ("-h", "--help") and args[0].startswith("-"):
            # `--json NAME`: options may stand before the name.
            args = [_MAKE, *args]
            context._protected_args, context.args = [args[0]], args[1:]
            return context.args
        return super().parse_args(context, args)

    def format_usage(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(context.command_path, "NAME [OPTIONS]")
        formatter.write_usage(context.command_path, "show PLAN [OPTIONS]")

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        make.format_options(context, formatter)


@click.group("plan", cls=_ByName)
def command() -> None:
    """Show what a change would do to the stored postings of import NAME, before it is done.

    Planned is what differs from the last run: its definition (the project's file, or another one with --definition),
    its mapping tables, the decisions over labels that wait, and those of a CSV file with --mappings. Nothing is
    written but the plan, and the source is not asked. `jobpipe apply PLAN` does what it says.
    """


@command.command(_MAKE, hidden=True)
@click.argument("name", shell_complete=complete_imports)
@click.option(
    "--definition",
    type=_FILE,
    metavar="FILE",
    help="Another definition of the import, instead of the project's own.",
)
@click.option(
    "--mappings",
    type=_FILE,
    metavar="CSV",
    help="Decisions over labels, in rows as `jobpipe map import` takes them.",
)
@click.option(
    "--overrides",
    type=_FILE,
    metavar="FILE",
    help="Rules above the definition, as `jobpipe override import` takes them; without a scope they are the import's.",
)
@click.option("--taxonomy", metavar="NAME:VERSION", help="A release of a taxonomy that is not in force yet.")
@click.option("--table", default="", help="Of rows that name no table.")
@click.option("--workers", type=click.IntRange(0, 64), help="Worker processes (0: none).")
@samples_option
@by_option
@json_option
@quiet_option
@click.pass_context
def make(
    context: click.Context,
    name: str,
    definition: Path | None,
    mappings: Path | None,
    overrides: Path | None,
    taxonomy: str | None,
    table: str,
    workers: int | None,
    samples: int,
    by: str,
    as_json: bool,
    quiet: bool,
) -> int:
    """Make a plan for import NAME."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.plan_table import print_nothing, print_plan
    from jobpipe.cli.printing import print_json
    from jobpipe.cli.progress import progress_for
    from jobpipe.definition.loading import read_text
    from jobpipe.runs.plans.document import document_of, nothing_document
    from jobpipe.runs.plans.making import Working, make_plan
    from jobpipe.runs.preparing import Change
    from jobpipe.runs.progress import Progress
    from jobpipe.runs.starting import StopRequest

    text = (read_text(definition, str(definition)), str(definition)) if definition is not None else None
    working = Working(Progress() if quiet or as_json else progress_for(sys.stderr), StopRequest(), workers)
    with open_workspace(context) as workspace:
        workspace.project.text_of(name)
        decisions = _decisions(workspace, mappings, table) if mappings is not None else ()
        change = Change(
            text,
            decisions,
            rules=_rules(overrides, name) if overrides is not None else (),
            release=_release(workspace, taxonomy) if taxonomy is not None else None,
        )
        plan = make_plan(workspace, name, change, by=who(by), working=working)
        document = nothing_document(name) if plan is None else document_of(plan)
    if as_json:
        print_json(document)
    elif plan is None:
        print_nothing(name)
    else:
        print_plan(document, samples=samples)
    return 1 if document["partial"] else 0


@command.command(_SHOW)
@click.argument("number", type=int)
@samples_option
@json_option
@click.pass_context
def show(context: click.Context, number: int, samples: int, as_json: bool) -> None:
    """Show plan NUMBER again."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.plan_table import print_plan
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.plans.applying import plan_numbered
    from jobpipe.runs.plans.document import document_of

    with open_workspace(context):
        document = document_of(plan_numbered(number))
    print_json(document) if as_json else print_plan(document, samples=samples)


def _rules(file: Path, name: str) -> tuple[RuleDecision, ...]:
    from jobpipe.definition.loading import read_text
    from jobpipe.runs.overrides.files import read_rules

    return tuple(read_rules(read_text(file, str(file)), file.name, scope="import", owner=name))


def _release(workspace: Workspace, said: str) -> tuple[str, int]:
    """Raises UsageError where it is none that waits."""
    from jobpipe.errors import UsageError
    from jobpipe.runs.taxonomies.releases import release_of

    name, _, number = said.partition(":")
    if number and not number.isdecimal():
        raise UsageError(f"--taxonomy {said}: {number!r} is no number of a version", hint="--taxonomy NAME:VERSION")
    return name, release_of(workspace, name, int(number) if number else None).number


def _decisions(workspace: Workspace, file: Path, table: str) -> tuple[Decision, ...]:
    from jobpipe.definition.loading import read_text
    from jobpipe.runs.mappings.deciding import sound_decision
    from jobpipe.runs.mappings.files import read_decisions
    from jobpipe.runs.mappings.scopes import UsedTables

    text = read_text(file, str(file))
    decisions = read_decisions(text, file.name, table=table, scope="global", owner="")
    UsedTables(workspace).check(decisions)
    return tuple(map(sound_decision, decisions))
