"""`jobpipe plans`"""

from __future__ import annotations

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.options import examples, json_option


@click.command("plans", epilog=examples("jobpipe plans acme"))
@click.argument("name", shell_complete=complete_imports, required=False)
@click.option("--last", "limit", default=20, show_default=True, type=click.IntRange(1), help="How many.")
@json_option
@click.pass_context
def command(context: click.Context, name: str | None, limit: int, as_json: bool) -> None:
    """List the latest plans, of all imports or of NAME.

    A plan is `stale` when a run was made since: it is refused, and another one takes its place. Those that are older
    than 30 days are removed.
    """
    from jobpipe.cli.opening import import_named, open_workspace
    from jobpipe.cli.plan_table import print_plans
    from jobpipe.cli.printing import print_json
    from jobpipe.ledger.models import Plan
    from jobpipe.runs.plans.document import document_of

    with open_workspace(context) as workspace:
        chosen = Plan.objects.select_related("import_row").order_by("-id")
        if name:
            chosen = chosen.filter(import_row=import_named(workspace, name))
        documents = [document_of(plan) for plan in chosen[:limit]]
    if as_json:
        print_json(documents)
    elif not documents:
        click.echo("no plans yet: jobpipe plan NAME", err=True)
    else:
        print_plans(documents)
