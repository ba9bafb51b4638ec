"""`jobpipe preflight`"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from jobpipe.cli.completing import complete_destinations, complete_imports
from jobpipe.cli.main import DONE, RUN_FAILED
from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.destinations.formats.format import Refusal


@click.command("preflight", epilog=examples("jobpipe preflight partner", "jobpipe preflight partner --import acme"))
@click.argument("name", shell_complete=complete_destinations, metavar="DESTINATION")
@click.option(
    "--import",
    "only",
    shell_complete=complete_imports,
    default="",
    metavar="NAME",
    help="Of this import alone, also before it names DESTINATION.",
)
@click.option(
    "--last", "limit", default=20, show_default=True, type=click.IntRange(0), help="How many are listed a rule."
)
@json_option
@click.pass_context
def command(context: click.Context, name: str, only: str, limit: int, as_json: bool) -> None:
    """List the live postings that DESTINATION would refuse, why, and whose matter that is.

    They are held back there and go to all others. Exit code 1 where there is one.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import console, plain_text, print_json
    from jobpipe.definition.roles import ROLES
    from jobpipe.runs.deliveries.preflighting import preflight

    counted: Counter[str] = Counter()
    by_rule: Counter[str] = Counter()
    rules: dict[str, Refusal] = {}
    listed: dict[str, list[tuple[str, str, str]]] = {}
    document: list[dict[str, object]] = []
    with open_workspace(context) as workspace:
        for one in preflight(workspace, name, only=only):
            counted["left out" if not one.is_selected else "refused" if one.refusals else "fine"] += 1
            for refusal in one.refusals:
                by_rule[refusal.rule] += 1
                rules.setdefault(refusal.rule, refusal)
                some = listed.setdefault(refusal.rule, [])
                if len(some) < limit:
                    some.append((one.import_name, one.key, refusal.message))
            if as_json and one.refusals:
                refusals = [
                    {"rule": it.rule, "field": it.field, "message": it.message, "role": it.role} for it in one.refusals
                ]
                document.append({"import": one.import_name, "key": one.key, "title": one.title, "refusals": refusals})
    if as_json:
        print_json(
            {
                "destination": name,
                **{word: counted[word] for word in ("fine", "left out", "refused")},
                "postings": document,
            }
        )
    else:
        out = console()
        out.print(
            plain_text(
                f"{name}: {counted['fine']:,} go there, {counted['refused']:,} would be refused, "
                f"{counted['left out']:,} are not selected"
            )
        )
        for rule, count in by_rule.most_common():
            first = rules[rule]
            out.print()
            out.print(plain_text(f"{rule}  {count:,} postings, field {first.field}"))
            out.print(plain_text(f"  for whoever holds the role {first.role}: {ROLES[first.role]}"), style="dim")
            for import_name, key, message in listed[rule]:
                out.print(plain_text(f"  {import_name}  {key}  {message}"))
            if count > limit:
                out.print(plain_text(f"  … and {count - limit:,} more"), style="dim")
    context.exit(RUN_FAILED if counted["refused"] else DONE)
