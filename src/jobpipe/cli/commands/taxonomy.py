"""`jobpipe taxonomy`: load taxonomies, look at them, and see what a release does before it is applied."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.options import json_option
from jobpipe.cli.taking_effect import TakingEffect, made_again, taking_effect


@click.group("taxonomy")
def command() -> None:
    """Taxonomies: load them from files, look at them, see what a release does, apply it, roll it back."""


@command.command("load")
@click.argument("name")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--code", default="", metavar="COLUMN", help="The column of the codes.")
@click.option("--label", "labels", multiple=True, metavar="COLUMN[:LANGUAGE]", help="A column of labels; repeatable.")
@click.option(
    "--synonyms", multiple=True, metavar="COLUMN[:LANGUAGE]", help="A column of other names; repeatable; '' = none."
)
@click.option("--parent", metavar="COLUMN", help="The column of the code above; '' = none.")
@click.option("--children", default="", metavar="NAME", help="JSON: where an object has what is below it.")
@click.option("--language", "languages", multiple=True, help="Of the labels: one for all files, or one for each.")
@click.option("--separator", default="", help="Between several values in one cell (otherwise found out).")
@click.option("--encoding", default="", help="Of the files (otherwise found out).")
@click.option(
    "--prefixes",
    type=click.Choice(["auto", "yes", "no"]),
    default="auto",
    show_default=True,
    help="Whether 0110 is below 011, where no file says what is above a code.",
)
@click.option("--version", "label", default="", help="What its publisher calls this version.")
@by_option
@json_option
@click.pass_context
def load(
    context: click.Context,
    name: str,
    files: tuple[Path, ...],
    code: str,
    labels: tuple[str, ...],
    synonyms: tuple[str, ...],
    parent: str | None,
    children: str,
    languages: tuple[str, ...],
    separator: str,
    encoding: str,
    prefixes: str,
    label: str,
    by: str,
    as_json: bool,
) -> None:
    """Load taxonomy NAME from one file or several: CSV, JSON, XML, XLSX, or SKOS as RDF/XML.

    The first load is in force at once. A later one is a release: `jobpipe taxonomy plan NAME` shows what it does,
    `jobpipe taxonomy apply NAME` puts it in force. Columns, languages, separators and encodings are found out where
    they are not named.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.taxonomy_lists import print_loaded
    from jobpipe.runs.taxonomies.releases import Origin, check_name
    from jobpipe.runs.taxonomies.releases import load as keep
    from jobpipe.taxonomy.loading.files import load_files
    from jobpipe.taxonomy.loading.wishes import Wishes

    check_name(name)
    wishes = Wishes(
        code=code,
        labels=tuple(map(_column, labels)),
        synonyms=tuple(map(_column, synonyms)),
        parent=parent,
        children=children,
        languages=languages,
        separator=separator.replace("\\n", "\n").replace("\\t", "\t"),
        encoding=encoding,
        prefixes=prefixes,
    )
    loaded = load_files(name, files, wishes, version=label)
    with open_workspace(context) as workspace:
        release = keep(workspace, loaded.taxonomy, Origin(files=loaded.notices, label=label, by=who(by)))
    print_loaded(release, loaded.notices, as_json=as_json)


@command.command("list")
@json_option
@click.pass_context
def list_(context: click.Context, as_json: bool) -> None:
    """List the taxonomies: the version in force, how much is in it, and a release that waits."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.taxonomy_lists import print_taxonomies
    from jobpipe.runs.taxonomies.in_force import overview

    with open_workspace(context) as workspace:
        print_taxonomies(overview(workspace.project), as_json=as_json)


@command.command("show")
@click.argument("name")
@click.argument("code", required=False, default="")
@click.option("--search", default="", metavar="TEXT", help="Codes whose labels hold this, or are like it.")
@click.option("--language", default="", help="Show labels in this language where there are some.")
@click.option("--version", "number", type=int, help="Another version than the one in force.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many codes at most.")
@json_option
@click.pass_context
def show(
    context: click.Context,
    name: str,
    code: str,
    search: str,
    language: str,
    number: int | None,
    limit: int,
    as_json: bool,
) -> None:
    """Show a taxonomy: what is at its top, or CODE with its labels, what is above and below it."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.taxonomy_lists import Shown, print_taxonomy
    from jobpipe.runs.taxonomies.in_force import in_force, stored

    with open_workspace(context) as workspace:
        found = stored(name, number) if number is not None else in_force(workspace.project, name)
    print_taxonomy(found, Shown(code=code, search=search, language=language, limit=limit, as_json=as_json))


@command.command("plan")
@click.argument("name")
@click.option("--version", "number", type=int, help="Another version than the one that waits.")
@click.option("--limit", type=click.IntRange(0), default=10, show_default=True, help="Codes of each kind to show.")
@json_option
@click.pass_context
def plan(context: click.Context, name: str, number: int | None, limit: int, as_json: bool) -> None:
    """Show what a release does before it is applied: to codes, to mappings, to stored postings. Nothing is changed."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.taxonomy_plan_table import print_plan
    from jobpipe.runs.taxonomies.planning import plan_release

    with open_workspace(context) as workspace:
        print_plan(plan_release(workspace, name, number), limit=limit, as_json=as_json)


@command.command("apply")
@click.argument("name")
@click.option("--version", "number", type=int, help="Another version than the one that waits.")
@click.option("--on", type=int, help="The version in force that it was looked at on (otherwise: was loaded on).")
@click.option("--move-mappings", is_flag=True, help="Mappings go along to codes that have another name only.")
@taking_effect
@click.pass_context
def apply(
    context: click.Context, name: str, number: int | None, on: int | None, move_mappings: bool, how: TakingEffect
) -> int:
    """Put a release in force; refused where another version is by now than the one that it was looked at on.

    Mappings to codes that are gone are listed, and kept until somebody decides. Postings that carry names of the
    taxonomy, or whose mappings went along, are made again.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.taxonomy_plan_table import print_applied_release
    from jobpipe.runs.taxonomies.applying import Wanted, apply_release

    with open_workspace(context) as workspace:
        done = apply_release(workspace, name, Wanted(number, on, move_mappings), by=how.by)
        return print_applied_release(done, made_again(workspace, done.names, how), how)


@command.command("rollback")
@click.argument("name")
@taking_effect
@click.pass_context
def rollback(context: click.Context, name: str, how: TakingEffect) -> int:
    """Put the version in force that was before the last change, with the mappings that went along."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.taxonomy_plan_table import print_rolled_back
    from jobpipe.runs.taxonomies.applying import take_release_back

    with open_workspace(context) as workspace:
        done = take_release_back(workspace, name, by=how.by)
        return print_rolled_back(done, made_again(workspace, done.names, how), how)


@command.command("history")
@click.argument("name")
@click.option("--last", "limit", default=50, show_default=True, type=click.IntRange(1), help="How many.")
@json_option
@click.pass_context
def history(context: click.Context, name: str, limit: int, as_json: bool) -> None:
    """List who loaded, applied and rolled back what and when, the newest first."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.taxonomy_lists import print_history
    from jobpipe.runs.taxonomies.in_force import no_taxonomy
    from jobpipe.runs.taxonomies.releases import history as history_of
    from jobpipe.runs.taxonomies.releases import versions

    with open_workspace(context) as workspace:
        found = history_of(name, limit)
        if not found and name not in workspace.project.taxonomy_files():
            raise no_taxonomy(workspace.project, name)
        print_history(found, versions(name), as_json=as_json)


@command.command("export")
@click.argument("name")
@click.option("--version", "number", type=int, help="Another version than the one in force.")
@click.pass_context
def export(context: click.Context, name: str, number: int | None) -> None:
    """Write a taxonomy as CSV to stdout, which loads as what it was."""
    import sys

    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.taxonomies.in_force import in_force, stored
    from jobpipe.taxonomy.exporting import write_csv

    with open_workspace(context) as workspace:
        found = stored(name, number) if number is not None else in_force(workspace.project, name)
    sys.stdout.write(write_csv(found))


@command.command("remove")
@click.argument("name")
@click.option("--anyway", is_flag=True, help="Also where definitions say that codes are of it.")
@by_option
@json_option
@click.pass_context
def remove(context: click.Context, name: str, anyway: bool, by: str, as_json: bool) -> None:
    """Take a taxonomy out of force: a file of the project counts, or none. `rollback` brings it back."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.taxonomies.releases import remove as take_away
    from jobpipe.runs.taxonomies.uses import check_unused

    with open_workspace(context) as workspace:
        if not anyway:
            check_unused(workspace, name)
        change = take_away(workspace, name, by=who(by))
    if as_json:
        print_json({"taxonomy": name, "before": change.before, "after": change.after})
    else:
        click.echo(f"{name}: version {change.before} counts no more; jobpipe taxonomy rollback {name} brings it back")


def _column(text: str) -> Any:
    """`libelle:fr` is the column libelle, in French; a column whose name has a colon is meant without a language."""
    from jobpipe.taxonomy.loading.column_names import LANGUAGES
    from jobpipe.taxonomy.loading.wishes import Column

    name, colon, language = text.rpartition(":")
    if colon and language.casefold() in LANGUAGES:
        return Column(name=name, language=language.casefold())
    return Column(name=text)
