"""`jobpipe map`: the most frequent unmapped label, suggestions, a key and Enter; and what scripts do instead."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.options import json_option, quiet_option
from jobpipe.cli.scoping import scope_of, scoped
from jobpipe.cli.taking_effect import TakingEffect, made_again, taking_effect

_anyway = click.option("--anyway", "any_code", is_flag=True, help="Also to a code that its taxonomy does not have.")


@click.group("map", invoke_without_command=True)
@scoped
@click.option("--table", default="", help="Only labels of this table.")
@click.option(
    "--scope", type=click.Choice(["import", "client", "global"]), help="Whom decisions are for: the client, by default."
)
@click.option("--limit", type=click.IntRange(1), help="Ask for at most so many labels.")
@click.option(
    "--accept-above",
    type=click.FloatRange(0.5, 1),
    metavar="CONFIDENCE",
    help="Take suggestions that are at least so sure without a question, as 0.95; otherwise none.",
)
@click.option("--later", is_flag=True, help="Leave it to the next runs to make the postings again.")
@by_option
@quiet_option
@click.pass_context
def command(
    context: click.Context,
    name: str,
    client: str,
    table: str,
    scope: str | None,
    limit: int | None,
    accept_above: float | None,
    later: bool,
    by: str,
    quiet: bool,
) -> int:
    """Map labels to codes: asks for each unmapped label, the most frequent first, with numbered suggestions.

    At the end the postings that the decisions touch are made again, from what is stored: one run an import.
    """
    if context.invoked_subcommand is not None:
        if any((name, client, table, scope, limit, accept_above, later)):
            raise click.UsageError(f"options of `map {context.invoked_subcommand}` are written after this word")
        return 0
    from jobpipe.cli.mapping_dialogue import Asked, converse
    from jobpipe.cli.opening import open_workspace

    with open_workspace(context) as workspace:
        how = TakingEffect(who(by), now=not later, as_json=False, quiet=quiet)
        asked = Asked(
            name=name,
            client=client,
            table=table,
            scope=scope or "",
            limit=limit,
            by=how.by,
            accept_above=accept_above,
        )
        return _after(workspace, converse(workspace, asked, sys.stdin, sys.stdout), how)


@command.command("set")
@click.argument("table")
@click.argument("label")
@click.argument("code")
@scoped
@click.option("--taxonomy", default="", help="Which taxonomy the code is of.")
@_anyway
@click.option("--pattern", "is_pattern", is_flag=True, help="LABEL is a regular expression, for labels without entry.")
@click.option("--revision", type=int, help="Refuse if the entry is another by now (0: if there is one).")
@taking_effect
@click.pass_context
def set_(
    context: click.Context,
    table: str,
    label: str,
    code: str,
    name: str,
    client: str,
    taxonomy: str,
    is_pattern: bool,
    revision: int | None,
    any_code: bool,
    how: TakingEffect,
) -> int:
    """Say what LABEL means in TABLE: a code or a value."""
    value = {"code": code, "taxonomy": taxonomy} if taxonomy else code
    return _decide_one(context, table, label, value, name, client, is_pattern, revision, how, any_code=any_code)


@command.command("remove")
@click.argument("table")
@click.argument("label")
@scoped
@click.option("--pattern", "is_pattern", is_flag=True, help="LABEL is a regular expression.")
@click.option("--revision", type=int, help="Refuse if the entry is another by now.")
@taking_effect
@click.pass_context
def remove(
    context: click.Context,
    table: str,
    label: str,
    name: str,
    client: str,
    is_pattern: bool,
    revision: int | None,
    how: TakingEffect,
) -> int:
    """Take back what LABEL means in TABLE: it means what the layers below say."""
    return _decide_one(context, table, label, None, name, client, is_pattern, revision, how)


@command.command("list")
@click.option("--table", default="", help="Only this table's.")
@click.option("--import", "name", shell_complete=complete_imports, default="", help="Only entries for this import.")
@click.option("--client", default="", help="Only entries for this client.")
@json_option
@click.pass_context
def list_(context: click.Context, table: str, name: str, client: str, as_json: bool) -> None:
    """List what people decided: the entries above the files of `mappings/`, with their revisions."""
    from jobpipe.cli.mapping_lists import entries_of, entry_document, print_entries
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json

    with open_workspace(context):
        found = entries_of(table, name, client)
        print_json([entry_document(one) for one in found]) if as_json else print_entries(found)


@command.command("history")
@click.argument("table", required=False, default="")
@click.argument("label", required=False, default="")
@click.option("--last", "limit", default=50, show_default=True, type=click.IntRange(1), help="How many.")
@json_option
@click.pass_context
def history(context: click.Context, table: str, label: str, limit: int, as_json: bool) -> None:
    """List who decided what and when, the newest first; `jobpipe map undo NUMBER` takes one back."""
    from jobpipe.cli.mapping_lists import change_document, print_changes
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.mappings.deciding import history as history_of

    with open_workspace(context):
        found = history_of(table=table, label=label, limit=limit)
        print_json([change_document(one) for one in found]) if as_json else print_changes(found)


@command.command("undo")
@click.argument("number", type=int, required=False)
@taking_effect
@click.pass_context
def undo(context: click.Context, number: int | None, how: TakingEffect) -> int:
    """Take back change NUMBER, with those that were made together with it; otherwise the last one."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.mappings.deciding import decision_of
    from jobpipe.runs.mappings.deciding import undo as take_back

    with open_workspace(context) as workspace:
        changes = take_back(workspace, number, by=how.by)
        return _after(workspace, [decision_of(one) for one in changes], how)


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--table", default="", help="Of rows that name no table.")
@scoped
@_anyway
@taking_effect
@click.pass_context
def import_(
    context: click.Context,
    file: Path,
    table: str,
    name: str,
    client: str,
    any_code: bool,
    how: TakingEffect,
) -> int:
    """Take decisions from a CSV file with the columns `label,code`: all of them, or none where a row is wrong.

    Further columns: table, scope (import, client, global) with owner, pattern (yes), taxonomy, and what else a value
    has. A row without a code takes a decision back. What `jobpipe map export` writes is read back as it was.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.definition.loading import read_text
    from jobpipe.runs.mappings.files import read_decisions

    scope, owner = scope_of(name, client)
    with open_workspace(context) as workspace:
        decisions = read_decisions(read_text(file, str(file)), file.name, table=table, scope=scope, owner=owner)
        return _decide(workspace, decisions, how, any_code=any_code)


@command.command("export")
@click.option("--table", default="", help="Only this table's.")
@click.option("--import", "name", shell_complete=complete_imports, default="", help="Only entries for this import.")
@click.option("--client", default="", help="Only entries for this client.")
@click.pass_context
def export(context: click.Context, table: str, name: str, client: str) -> None:
    """Write what people decided as CSV to stdout."""
    from jobpipe.cli.mapping_lists import entries_of
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.mappings.files import write_entries

    with open_workspace(context):
        sys.stdout.write(write_entries(entries_of(table, name, client)))


# What they have in common ----------------------------------------------------------------------------


def _decide_one(
    context: click.Context,
    table: str,
    label: str,
    value: Any,
    name: str,
    client: str,
    is_pattern: bool,
    revision: int | None,
    how: TakingEffect,
    *,
    any_code: bool = False,
) -> int:
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.mappings.deciding import Decision

    scope, owner = scope_of(name, client)
    decision = Decision(
        table=table, label=label, value=value, scope=scope, owner=owner, is_pattern=is_pattern, revision=revision
    )
    with open_workspace(context) as workspace:
        return _decide(workspace, [decision], how, any_code=any_code)


def _decide(workspace: Any, decisions: list[Any], how: TakingEffect, *, any_code: bool) -> int:
    from jobpipe.runs.mappings.deciding import decide, decision_of
    from jobpipe.runs.mappings.scopes import UsedTables

    UsedTables(workspace).check(decisions, any_code=any_code)
    changes = decide(workspace, decisions, by=how.by)
    return _after(workspace, [decision_of(one) for one in changes], how)


def _after(workspace: Any, decisions: list[Any], how: TakingEffect) -> int:
    """Make the postings again that the decisions touch, and say what became of it; the exit code."""
    from jobpipe.cli.mapping_lists import print_applied
    from jobpipe.runs.mappings.scopes import UsedTables

    names = UsedTables(workspace).users(decisions)
    done = made_again(workspace, names, how)
    return print_applied(len(decisions), names, done, is_now=how.now, as_json=how.as_json)
