"""`jobpipe list`"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.options import examples, excluded_option, json_option, selectors_argument

if TYPE_CHECKING:
    from jobpipe.definition.project import Project


@click.command(
    "list",
    epilog=examples(
        "jobpipe list",
        "jobpipe list 'acme-*' tag:nightly --exclude client:beta",
        "jobpipe list source:site",
    ),
)
@selectors_argument
@excluded_option
@click.option("--names", "names_only", is_flag=True, help="Names alone, one a line.")
@json_option
@click.pass_context
def command(
    context: click.Context, selectors: tuple[str, ...], excluded: tuple[str, ...], names_only: bool, as_json: bool
) -> None:
    """List the project's imports, or those that SELECTORs mean: what `jobpipe run` would run with the same words.

    A SELECTOR is an import's name, a pattern of names (acme-*), client:NAME, tag:NAME, or source:PLACE, which is a kind
    of source (feed, api, site, soap, push) or a pattern of its address. One that means nothing is an error.
    """
    from jobpipe.cli.opening import open_project
    from jobpipe.cli.printing import print_json, print_rows
    from jobpipe.runs.selecting import select

    project = open_project(context)
    found = [_described(project, name) for name in select(project, selectors, excluded=excluded)]
    if as_json:
        print_json(found)
    elif names_only:
        click.echo("\n".join(one["import"] for one in found))
    else:
        rows = [(one["import"], one["client"], ", ".join(one["tags"]), _said(one)) for one in found]
        print_rows(("import", "client", "tags", "source"), rows, wraps=True, whole=("import",))


def _described(project: Project, name: str) -> dict[str, Any]:
    from jobpipe.errors import DefinitionError
    from jobpipe.runs.selecting import places_of

    try:
        definition = project.load(name).definition
    except DefinitionError:
        return {"import": name, "client": "", "tags": [], "kind": "", "source": [], "valid": False}
    kind, *places = places_of(definition.source)
    return {
        "import": name,
        "client": definition.client or "",
        "tags": list(definition.tags),
        "kind": kind,
        "source": places,
        "valid": True,
    }


def _said(one: dict[str, Any]) -> str:
    if not one["valid"]:
        return f"not valid: jobpipe check {one['import']}"
    return f"{one['kind']}  {', '.join(one['source'])}".strip()
