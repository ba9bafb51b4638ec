"""`jobpipe deliveries`: what was sent, what waits for a person, and what is to be sent once more."""

from __future__ import annotations

from datetime import datetime

import click

from jobpipe.cli.completing import complete_destinations
from jobpipe.cli.deciding_person import by_option, who
from jobpipe.cli.options import json_option
from jobpipe.cli.since import since_option


@click.group("deliveries", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """What was sent to destinations; let a file go that waits, send again what was refused, replay."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@command.command("list")
@click.argument("name", shell_complete=complete_destinations, required=False)
@click.option("--last", "limit", default=20, show_default=True, type=click.IntRange(1), help="How many.")
@since_option("Only those made since then.")
@json_option
@click.pass_context
def list_(
    context: click.Context,
    name: str | None = None,
    limit: int = 20,
    since: datetime | None = None,
    as_json: bool = False,
) -> None:
    """List the latest deliveries, of all destinations or of NAME."""
    from jobpipe.cli.delivery_lists import print_deliveries
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.ledger.models import Delivery
    from jobpipe.runs.deliveries.showing import delivery_document

    with open_workspace(context):
        chosen = Delivery.objects.select_related("destination")
        if since is not None:
            chosen = chosen.filter(created_at__gte=since)
        found = list((chosen.filter(destination__name=name) if name else chosen)[:limit])
    print_json([delivery_document(one) for one in found]) if as_json else print_deliveries(found)


@command.command("show")
@click.argument("delivery", type=int)
@json_option
@click.pass_context
def show(context: click.Context, delivery: int, as_json: bool) -> None:
    """Show a delivery; of a file that waits, which postings would go."""
    from jobpipe.cli.delivery_lists import print_one_delivery
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.runs.deliveries.showing import shown_delivery

    with open_workspace(context) as workspace:
        document = shown_delivery(workspace, delivery)
    print_json(document) if as_json else print_one_delivery(document)


@command.command("accept")
@click.argument("delivery", type=int)
@by_option
@click.pass_context
def accept(context: click.Context, delivery: int, by: str) -> None:
    """Let the file go that waits as DELIVERY, and publish it now."""
    from jobpipe.cli.delivery_lists import print_report
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.deliveries.deciding import accept as let_go
    from jobpipe.runs.deliveries.several import deliver_and_tell

    with open_workspace(context) as workspace:
        row = let_go(workspace, delivery, who(by))
        print_report(deliver_and_tell(workspace, row.destination.name, at_once=True))


@command.command("dismiss")
@click.argument("delivery", type=int)
@by_option
@click.pass_context
def dismiss(context: click.Context, delivery: int, by: str) -> None:
    """Forget the file that waits as DELIVERY: the destination keeps the former one, until something changes."""
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.deliveries.deciding import dismiss as forget

    with open_workspace(context) as workspace:
        row = forget(workspace, delivery, who(by))
        click.echo(f"{row.destination.name} keeps the file that it has")


@command.command("retry")
@click.argument("name", shell_complete=complete_destinations)
@click.pass_context
def retry(context: click.Context, name: str) -> None:
    """Send again what the destination NAME refused."""
    from jobpipe.cli.delivery_lists import print_report
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.deliveries.deciding import retry_refused
    from jobpipe.runs.deliveries.several import deliver_and_tell

    with open_workspace(context) as workspace:
        if not retry_refused(workspace, name):
            click.echo(f"{name} has refused nothing that it was sent last", err=True)
            return
        print_report(deliver_and_tell(workspace, name, at_once=True))


@command.command("replay")
@click.argument("name", shell_complete=complete_destinations)
@click.option("--since-run", "run", type=int, metavar="RUN", help="What this run and later ones have changed.")
@click.option("--all", "all_of_them", is_flag=True, help="Every posting that goes there.")
@click.pass_context
def replay(context: click.Context, name: str, run: int | None, all_of_them: bool) -> None:
    """Send postings to NAME again, as they are now, though it has them: after it lost some, say."""
    from jobpipe.cli.delivery_lists import print_report
    from jobpipe.cli.opening import open_workspace
    from jobpipe.errors import UsageError
    from jobpipe.runs.deliveries.deciding import replay_all, replay_since
    from jobpipe.runs.deliveries.several import deliver_and_tell

    if (run is None) == (not all_of_them):
        raise UsageError("from where?", hint="--since-run RUN, or --all")
    with open_workspace(context) as workspace:
        if run is None:
            replay_all(workspace, name)
        else:
            replay_since(workspace, name, run)
        print_report(deliver_and_tell(workspace, name, at_once=True))
