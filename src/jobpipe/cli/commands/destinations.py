"""`jobpipe destinations`"""

from __future__ import annotations

import click

from jobpipe.cli.options import json_option


@click.command("destinations")
@click.argument("name", required=False)
@json_option
@click.pass_context
def command(context: click.Context, name: str | None, as_json: bool) -> None:
    """List destinations, or show NAME: its state, how far behind it is, what it has, its last deliveries."""
    from jobpipe.cli.delivery_lists import print_deliveries, print_destinations
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.ledger.models import Delivery
    from jobpipe.runs.deliveries.feeding import Feeding
    from jobpipe.runs.deliveries.overview import destination_document, destination_overviews
    from jobpipe.runs.deliveries.showing import delivery_document

    with open_workspace(context) as workspace:
        if name is not None:
            workspace.project.load_destination(name)
        chosen = [name] if name else workspace.project.destinations()
        documents = [destination_document(one) for one in destination_overviews(workspace, chosen)]
        named = Feeding(workspace.project).named()
        for document in documents:
            document["imports"] = named.get(document["destination"], [])
        last = list(Delivery.objects.filter(destination__name=name).select_related("destination")[:10]) if name else []
    if as_json:
        print_json({**documents[0], "deliveries": [delivery_document(one) for one in last]} if name else documents)
        return
    print_destinations(documents)
    if name:
        click.echo()
        print_deliveries(last)
        _say_what_feeds(documents[0]["imports"], name)
    for lost in sorted(named.keys() - set(workspace.project.destinations())):
        click.echo(
            f"{', '.join(named[lost])}: `deliver` names {lost}, and there is no destinations/{lost}.yaml", err=True
        )


def _say_what_feeds(imports: list[str], name: str) -> None:
    if not imports:
        click.echo(f"no import names it: `deliver: [{name}]` in a definition sends its postings there", err=True)
    else:
        click.echo(f"fed by {', '.join(imports)}", err=True)
