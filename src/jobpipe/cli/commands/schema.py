"""`jobpipe schema`"""

from __future__ import annotations

from pathlib import Path

import click

from jobpipe.cli.options import examples


@click.command("schema", epilog=examples("jobpipe schema > definition.schema.json"))
@click.option("--output", "target", metavar="FILE", help="Write it to this file instead of stdout.")
def command(target: str | None) -> None:
    """Print the JSON Schema of definitions, by which editors complete and check.

    An editor with the YAML language server takes it from the first line of a definition:

    # yaml-language-server: $schema=../definition.schema.json
    """
    from jobpipe.errors import Place, UsageError
    from jobpipe.runs.definition_schema import schema_text

    text = schema_text()
    if target is None or target == "-":
        click.echo(text, nl=False)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", place=Place(source=target)) from error
    click.echo(f"wrote {target}", err=True)
