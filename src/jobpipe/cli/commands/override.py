"""`jobpipe override`: rules above the definitions, for an import, a client's imports or all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.options import json_option
from jobpipe.cli.scoping import scope_of, scoped
from jobpipe.cli.taking_effect import TakingEffect, taking_effect


@click.group("override")
def command() -> None:
    """Rules above the definitions: leave postings out, set values, fill what is empty.

    \b
    drop when posting.contract == 'internship'
    keep when posting.locations and posting.locations[0].country in ['FR', 'BE']
    allow when posting.reference == 'A-1'
    set title = posting.title|upper when posting.company.name == 'Acme'
    default contract = 'permanent'

    What an expression may say stands in docs/how-to/overrides.md. A change makes the stored postings again at once.
    """


@command.command("list")
@click.option(
    "--import",
    "name",
    shell_complete=complete_imports,
    default="",
    help="Only those that count for this import, in their order.",
)
@click.option("--client", default="", help="Only this client's.")
@json_option
@click.pass_context
def list_(context: click.Context, name: str, client: str, as_json: bool) -> None:
    """List rules, those of all first."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.override_lists import print_rules, rule_document
    from jobpipe.cli.printing import print_json

    with open_workspace(context) as workspace:
        found = _rules(workspace, name, client)
        print_json([rule_document(rule) for rule in found]) if as_json else print_rules(found)


@command.command("add")
@click.argument("rule")
@scoped
@click.option("--name", "title", default="", help="What the rule is called.")
@click.option("--note", default="", help="Why it is there.")
@click.option(
    "--before", type=int, metavar="NUMBER", help="Before this rule of the same scope; otherwise the last one."
)
@click.option("--disabled", is_flag=True, help="It is kept, and does nothing yet.")
@taking_effect
@click.pass_context
def add(
    context: click.Context,
    rule: str,
    name: str,
    client: str,
    title: str,
    note: str,
    before: int | None,
    disabled: bool,
    how: TakingEffect,
) -> int:
    """Add RULE."""
    from jobpipe.runs.overrides.deciding import RuleDecision

    scope, owner = scope_of(name, client)
    one = RuleDecision(
        scope=scope, owner=owner, rule=rule, name=title, note=note, enabled=not disabled, before=before or 0
    )
    return _decide(context, [one], how)


@command.command("set")
@click.argument("number", type=int)
@click.argument("rule", required=False)
@click.option("--name", "title", help="What the rule is called.")
@click.option("--note", help="Why it is there.")
@click.option("--before", type=int, metavar="NUMBER", help="Move it before this rule; 0: to the end.")
@click.option("--revision", type=int, help="Refuse if the rule is another by now.")
@taking_effect
@click.pass_context
def set_(
    context: click.Context,
    number: int,
    rule: str | None,
    title: str | None,
    note: str | None,
    before: int | None,
    revision: int | None,
    how: TakingEffect,
) -> int:
    """Change rule NUMBER: to RULE, or its name, note or place."""
    from jobpipe.runs.overrides.deciding import RuleDecision

    one = RuleDecision(number=number, rule=rule, name=title, note=note, before=before, revision=revision)
    return _decide(context, [one], how)


@command.command("remove")
@click.argument("numbers", type=int, nargs=-1, required=True, metavar="NUMBER…")
@taking_effect
@click.pass_context
def remove(context: click.Context, numbers: tuple[int, ...], how: TakingEffect) -> int:
    """Remove rules."""
    from jobpipe.runs.overrides.deciding import RuleDecision

    return _decide(context, [RuleDecision(number=number, removed=True) for number in numbers], how)


@command.command("disable")
@click.argument("numbers", type=int, nargs=-1, required=True, metavar="NUMBER…")
@taking_effect
@click.pass_context
def disable(context: click.Context, numbers: tuple[int, ...], how: TakingEffect) -> int:
    """Let rules do nothing for a while."""
    from jobpipe.runs.overrides.deciding import RuleDecision

    return _decide(context, [RuleDecision(number=number, enabled=False) for number in numbers], how)


@command.command("enable")
@click.argument("numbers", type=int, nargs=-1, required=True, metavar="NUMBER…")
@taking_effect
@click.pass_context
def enable(context: click.Context, numbers: tuple[int, ...], how: TakingEffect) -> int:
    """Let disabled rules count again."""
    from jobpipe.runs.overrides.deciding import RuleDecision

    return _decide(context, [RuleDecision(number=number, enabled=True) for number in numbers], how)


@command.command("check")
@click.argument("rule")
@scoped
@click.option("--number", type=int, default=0, help="In the place of this rule.")
@click.option("--on", "on", default="", metavar="NAME", help="Show what it would do to stored postings of this import.")
@click.option("--records", type=click.IntRange(1, 100_000), default=1_000, show_default=True, help="Of how many.")
@json_option
@click.pass_context
def check(
    context: click.Context, rule: str, name: str, client: str, number: int, on: str, records: int, as_json: bool
) -> None:
    """Say whether RULE is valid, and what it would do; nothing is written."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.override_lists import print_trial, trial_document
    from jobpipe.cli.printing import print_json
    from jobpipe.definition.overrides import parse_rule
    from jobpipe.runs.overrides.trying import try_rule
    from jobpipe.transform.override_checks import check_rule

    scope, owner = scope_of(name or on, client) if not client else scope_of(name, client)
    parsed = parse_rule(rule, number=number, scope=scope, owner=owner)
    check_rule(parsed)
    if not on:
        print_json({"valid": True}) if as_json else click.echo("the rule is valid; --on NAME shows what it would do")
        return
    with open_workspace(context) as workspace:
        workspace.project.load(on)
        trial = try_rule(workspace, on, parsed, records=records)
        print_json(trial_document(trial)) if as_json else print_trial(trial)


@command.command("history")
@click.argument("number", type=int, required=False)
@click.option("--last", "limit", default=50, show_default=True, type=click.IntRange(1), help="How many.")
@json_option
@click.pass_context
def history(context: click.Context, number: int | None, limit: int, as_json: bool) -> None:
    """List who changed which rule and when, the newest first; of rule NUMBER alone where it is given."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.override_lists import change_document, print_changes
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.overrides.deciding import history as history_of

    with open_workspace(context):
        found = history_of(number=number or 0, limit=limit)
        if as_json:
            print_json([change_document(one) for one in found])
        else:
            print_changes(found, nothing="nothing was decided yet: jobpipe override add")


@command.command("undo")
@click.argument("change", type=int, required=False)
@taking_effect
@click.pass_context
def undo(context: click.Context, change: int | None, how: TakingEffect) -> int:
    """Take back CHANGE (a number of `override history`), with those made together with it; otherwise the last one."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.overrides.deciding import undo as take_back

    with open_workspace(context) as workspace:
        return _after(workspace, take_back(workspace, change, by=how.by), how)


@command.command("rollback")
@click.argument("change", type=int)
@taking_effect
@click.pass_context
def rollback(context: click.Context, change: int, how: TakingEffect) -> int:
    """Make all rules what they were right after CHANGE; 0: before the first."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.overrides.deciding import roll_back

    with open_workspace(context) as workspace:
        return _after(workspace, roll_back(workspace, change, by=how.by), how)


@command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@scoped
@click.option("--replace", is_flag=True, help="Remove the rules of the file's scopes that are not in it.")
@taking_effect
@click.pass_context
def import_(context: click.Context, file: Path, name: str, client: str, replace: bool, how: TakingEffect) -> int:
    """Take rules from a YAML or CSV file: all of them, or none where one is wrong.

    A row has `rule`, and may have number (it changes that rule), scope (import, client, global) with owner, name, note,
    enabled. What `jobpipe override export` writes is read back as it was.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.definition.loading import read_text
    from jobpipe.runs.overrides.deciding import RuleDecision, decide, rules_of_scope
    from jobpipe.runs.overrides.files import read_rules
    from jobpipe.runs.overrides.scopes import check_owner

    scope, owner = scope_of(name, client)
    with open_workspace(context) as workspace:
        decisions = read_rules(read_text(file, str(file)), file.name, scope=scope, owner=owner)
        scopes = dict.fromkeys((one.scope, one.owner) for one in decisions)
        for one in scopes:
            check_owner(workspace, *one)
        if replace:
            named = {one.number for one in decisions}
            others = [rule.pk for one in scopes or {(scope, owner): None} for rule in rules_of_scope(*one)]
            decisions += [RuleDecision(number=number, removed=True) for number in others if number not in named]
        return _after(workspace, decide(workspace, decisions, by=how.by), how)


@command.command("export")
@click.option(
    "--import", "name", shell_complete=complete_imports, default="", help="Only those that count for this import."
)
@click.option("--client", default="", help="Only this client's.")
@click.option("--csv", "as_csv", is_flag=True, help="CSV instead of YAML.")
@click.pass_context
def export(context: click.Context, name: str, client: str, as_csv: bool) -> None:
    """Write rules as YAML or CSV to stdout."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.overrides.files import write_rules

    with open_workspace(context) as workspace:
        sys.stdout.write(write_rules(_rules(workspace, name, client), as_csv=as_csv))


# What they have in common ----------------------------------------------------------------------------


def _rules(workspace: Any, name: str, client: str) -> list[Any]:
    """In the order in which they count; of all where neither is given."""
    from jobpipe.ledger.models import Override
    from jobpipe.runs.overrides.layers import in_order, of_import

    if name:
        found = Override.objects.filter(of_import(workspace.project.load(name).definition), active=True)
    else:
        found = Override.objects.filter(active=True)
    found = found.exclude(scope="posting")
    return in_order(found.filter(scope="client", owner=client) if client else found)


def _decide(context: click.Context, decisions: list[Any], how: TakingEffect) -> int:
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.overrides.deciding import decide
    from jobpipe.runs.overrides.scopes import check_owner

    with open_workspace(context) as workspace:
        for one in decisions:
            if not one.number:
                check_owner(workspace, one.scope, one.owner)
        return _after(workspace, decide(workspace, decisions, by=how.by), how)


def _after(workspace: Any, changes: list[Any], how: TakingEffect) -> int:
    """Make the postings again that the rules are about, and say what became of it; the exit code."""
    from jobpipe.cli.override_lists import print_applied
    from jobpipe.cli.progress import progress_for
    from jobpipe.runs.overrides.scopes import apply_now, touched_by
    from jobpipe.runs.progress import Progress
    from jobpipe.runs.starting import StopRequest

    names = touched_by(workspace, changes)
    progress = Progress() if how.quiet or how.as_json else progress_for(sys.stderr)
    done = apply_now(workspace, names, progress=progress, stop=StopRequest()) if how.now else {}
    return print_applied(changes, names, done, is_now=how.now, as_json=how.as_json)
