"""`jobpipe export`"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.completing import complete_imports
from jobpipe.cli.options import examples

if TYPE_CHECKING:
    from jobpipe.posting import JobPosting
    from jobpipe.runs.workspace import Workspace

_FORMATS = "indeed, linkedin, google, jooble, talent, adzuna, trovit, rss, jsonl, csv, parquet, xlsx or template."


@click.command(
    "export",
    epilog=examples("jobpipe export acme --as jsonl --to acme.jsonl", "jobpipe export acme --as indeed --to acme.xml"),
)
@click.argument("name", shell_complete=complete_imports)
@click.option("--as", "format_name", default="jsonl", show_default=True, metavar="FORMAT", help=_FORMATS)
@click.option("--to", "target", required=True, metavar="FILE", help="Written whole or not at all; - = stdout.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", help="Of the format: publisher=Example.")
@click.option("--field", "fields", multiple=True, metavar="NAME=FIELD", help="jsonl, csv, xlsx: a name there.")
@click.option("--template", "template", metavar="FILE", help="template: a YAML file with what a destination has there.")
@click.pass_context
def command(
    context: click.Context,
    name: str,
    format_name: str,
    target: str,
    options: Sequence[str],
    fields: Sequence[str],
    template: str | None,
) -> None:
    """Write the live postings of import NAME to a file."""
    from jobpipe.cli.opening import import_named, open_workspace
    from jobpipe.destinations.export import export_to_file
    from jobpipe.destinations.formats.format import Setting, output_format

    output = output_format(format_name)
    with open_workspace(context) as workspace:
        import_id = import_named(workspace, name).pk
        setting = Setting(
            options=_pairs("--option", options),
            fields=_pairs("--field", fields),
            template=_template(template),
            expected=_how_many(workspace, import_id),
        )
        output.check_setting(setting)
        postings = _live(workspace, import_id)
        if target == "-":
            for piece in output.write(postings, setting):
                sys.stdout.buffer.write(piece)
            return
        counted = export_to_file(postings, output, Path(target), setting)
    click.echo(f"{counted:,} postings written to {target}", err=True)


def _pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    from jobpipe.errors import UsageError

    pairs = [text.partition("=") for text in given]
    for name, sign, _ in pairs:
        if not (name and sign):
            raise UsageError(f"{option} {name}: write NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _template(path: str | None) -> dict[str, Any]:
    from jobpipe.definition.loading import parse_yaml, read_text
    from jobpipe.errors import DefinitionError, Place

    if path is None:
        return {}
    said = parse_yaml(read_text(Path(path), path), path).value
    if not isinstance(said, dict):
        raise DefinitionError("a template is `xml: …` or `json: …`", place=Place(source=path))
    template: dict[str, Any] = said.get("template", said)
    return template


def _how_many(workspace: Workspace, import_id: int) -> int:
    from jobpipe.documents.store import Role, Status

    counts = workspace.documents.counts(import_id).items()
    return sum(count for (role, status, _), count in counts if (role, status) == (Role.POSTING, Status.LIVE))


def _live(workspace: Workspace, import_id: int) -> Iterator[JobPosting]:
    import msgspec

    from jobpipe.documents.body import unpack
    from jobpipe.documents.store import Selection, Status
    from jobpipe.posting import JobPosting

    decode = msgspec.json.Decoder(JobPosting).decode
    for _, body in workspace.documents.bodies(import_id, Selection(status=Status.LIVE)):
        yield decode(unpack(body).posting)
