"""`jobpipe destinations`"""

from __future__ import annotations

import click

from jobpipe.cli.completing import complete_destinations
from jobpipe.cli.options import json_option

_SHOW, _FORGET = "show", "forget"


class _ByName(click.Group):
    """Whatever is not `forget NAME` is the name of a destination."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        is_subcommand = len(args) > 1 and args[0] in (_SHOW, _FORGET)
        return super().parse_args(context, args if is_subcommand or args in (["-h"], ["--help"]) else [_SHOW, *args])

    def format_usage(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(context.command_path, "[NAME] [OPTIONS]")
        formatter.write_usage(context.command_path, "forget NAME [OPTIONS]")


@click.group("destinations", cls=_ByName)
def command() -> None:
    """List destinations, or show NAME: its state, how far behind it is, what it has, its last deliveries."""


@command.command(_SHOW)
@click.argument("name", shell_complete=complete_destinations, required=False)
@json_option
@click.pass_context
def show(context: click.Context, name: str | None, as_json: bool) -> None:
    """List all, or show NAME."""
    from jobpipe.cli.delivery_lists import print_deliveries, print_destinations
    from jobpipe.cli.opening import open_workspace
    from jobpipe.cli.printing import print_json
    from jobpipe.ledger.models import Delivery
    from jobpipe.runs.deliveries.forgetting import gone_destinations
    from jobpipe.runs.deliveries.overview import destination_document, destination_overviews
    from jobpipe.runs.deliveries.showing import delivery_document

    with open_workspace(context) as workspace:
        gone = gone_destinations(workspace.project)
        if name is not None and name not in gone:
            workspace.project.load_destination(name)
        chosen = [name] if name else workspace.project.destinations() + gone
        documents = [destination_document(one) for one in destination_overviews(workspace, chosen)]
        named = workspace.feeding.named()
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
    for one in gone if not name or name in gone else ():
        click.echo(f"{one} has no file any more: jobpipe destinations forget {one}", err=True)


@command.command(_FORGET)
@click.argument("name", shell_complete=complete_destinations)
@click.option("--yes", is_flag=True, help="Forget without asking.")
@click.pass_context
def forget(context: click.Context, name: str, yes: bool) -> None:
    """Forget a destination whose file is gone: what it has, its deliveries and receipts.

    Nothing is withdrawn from it: to do that, let `select` take no posting first, deliver, then remove the file.
    """
    from jobpipe.cli.opening import open_workspace
    from jobpipe.runs.deliveries import forgetting
    from jobpipe.runs.deliveries.overview import destination_overviews

    with open_workspace(context) as workspace:
        forgetting.gone_destination(workspace.project, name)
        (known,) = destination_overviews(workspace, [name])
        click.echo(f"{name} has {known.there:,} postings, which stay there and are not known here any more", err=True)
        if not yes:
            click.confirm("forget it?", abort=True, err=True)
        forgetting.forget(workspace, name)
    click.echo(f"{name} is forgotten")


def _say_what_feeds(imports: list[str], name: str) -> None:
    if not imports:
        click.echo(f"no import names it: `deliver: [{name}]` in a definition sends its postings there", err=True)
    else:
        click.echo(f"fed by {', '.join(imports)}", err=True)
