"""`jobpipe repair`"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from jobpipe.cli.deciding_person import who
from jobpipe.cli.main import DONE, RUN_FAILED
from jobpipe.cli.options import examples, json_option

if TYPE_CHECKING:
    from jobpipe.definition.project import Project
    from jobpipe.runs.repairs.proposing import Proposed
    from jobpipe.runs.workspace import Workspace


@click.command(
    "repair",
    epilog=examples(
        "jobpipe repair acme",
        "jobpipe repair acme --from https://example.org/new-feed.xml",
        "jobpipe repair acme --write && jobpipe run acme",
    ),
)
@click.argument("name")
@click.option(
    "--from",
    "place",
    default="",
    metavar="FILE|URL",
    help="Look at this; `archive`: at what the last run read. Otherwise at that, else at the source.",
)
@click.option("--write", "--yes", "is_written", is_flag=True, help="Write the sure edits into imports/NAME.yaml.")
@click.option("--unsure", "with_unsure", is_flag=True, help="The unsure edits as well.")
@click.option("--no-plan", is_flag=True, help="Do not plan what the next run would do.")
@json_option
@click.pass_context
def command(
    context: click.Context,
    name: str,
    place: str,
    is_written: bool,
    with_unsure: bool,
    no_plan: bool,
    as_json: bool,
) -> int:
    """Propose the smallest edit of import NAME that brings back what its source's new shape has lost.

    Compares the records as they are with what is stored of them (else with the import's fixture): where their values
    stand now, how dates are written, where the records are. Each edit has a confidence and its reasons; one that is
    unsure is called so, and is written only with --unsure. Nothing is changed without --write.

    Exit code 1 where something is lost that no sure edit brings back.
    """
    from jobpipe.cli.opening import open_project, workspace_of
    from jobpipe.runs.repairs.proposing import propose
    from jobpipe.runs.taxonomies.code_checking import open_if_there

    project = open_project(context)
    project.text_of(name)
    if not open_if_there(project):
        proposed = propose(project, name, workspace=None, place=place)
        return _tell(project, name, proposed, None, is_written, with_unsure, as_json)
    with workspace_of(project) as workspace:
        proposed = propose(project, name, workspace=workspace, place=place)
        text = _text(proposed, with_unsure=with_unsure)
        plan = None if no_plan or not proposed.is_kept else _plan(workspace, name, text, proposed.proposal.before)
        return _tell(project, name, proposed, plan, is_written, with_unsure, as_json)


def _text(proposed: Proposed, *, with_unsure: bool) -> str:
    return proposed.proposal.full_text if with_unsure else proposed.proposal.sure_text


def _plan(workspace: Workspace, name: str, text: str, before: str) -> dict[str, Any] | None:
    """Of the next run, with what the last one read; None = it cannot be planned."""
    from jobpipe.errors import JobpipeError
    from jobpipe.runs.plans.document import document_of
    from jobpipe.runs.plans.making import Working, make_plan
    from jobpipe.runs.preparing import Change
    from jobpipe.runs.progress import Progress
    from jobpipe.runs.starting import StopRequest

    if text == before:
        return None
    change, working = Change((text, f"imports/{name}.yaml, repaired")), Working(Progress(), StopRequest())
    try:
        plan = make_plan(workspace, name, change, by=who(""), working=working, anew=True)
    except JobpipeError:
        return None
    return document_of(plan) if plan is not None else None


def _tell(
    project: Project,
    name: str,
    proposed: Proposed,
    plan: dict[str, Any] | None,
    is_written: bool,
    with_unsure: bool,
    as_json: bool,
) -> int:
    from jobpipe.cli.printing import print_json
    from jobpipe.cli.repair_view import print_proposal
    from jobpipe.runs.definition_files import patch_of, write_definition

    proposal = proposed.proposal
    text = _text(proposed, with_unsure=with_unsure)
    patch = patch_of(name, proposal.before, text)
    if is_written and patch:
        write_definition(project, name, text, otherwise="apply the patch where it can: git apply")
    is_whole = not proposal.lost and (with_unsure or not proposal.unsure)
    if as_json:
        print_json(
            {
                "import": name,
                "source": proposed.source,
                "needed": proposal.is_needed,
                "edits": [edit.as_dict() for edit in proposal.edits],
                "lost": [{"name": one.name, "had": one.had, "has": one.has, "why": one.why} for one in proposal.lost],
                "records": {"old": proposal.old_records, "new": proposal.new_records, "paired": proposal.paired},
                "postings": dict(zip(("now", "sure", "all"), proposal.postings, strict=True)),
                "as_before": dict(zip(("now", "sure", "all"), proposal.as_before, strict=True)),
                "notices": proposal.notices,
                "patch": patch,
                "unsure_patch": patch_of(name, proposal.sure_text, proposal.full_text),
                "written": bool(is_written and patch),
                "plan": plan,
            }
        )
    else:
        sys.stdout.flush()
        print_proposal(name, proposed, patch, plan, is_written=is_written and bool(patch), with_unsure=with_unsure)
    return DONE if is_whole else RUN_FAILED
