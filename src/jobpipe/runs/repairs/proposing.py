"""A proposal for one import: its past from what is stored, its present from the last run's answers or the source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from jobpipe.definition.project import Project
from jobpipe.drafting.repairing.evidence import Workshop
from jobpipe.drafting.repairing.pairing import Past
from jobpipe.drafting.repairing.proposal import Proposal
from jobpipe.drafting.repairing.repairing import repair
from jobpipe.drafting.repairing.shapes import NewDocument, records_of
from jobpipe.errors import SourceError
from jobpipe.ledger.models import Import
from jobpipe.runs.plans.kinds import kept_parts_of
from jobpipe.runs.preparing import Preparation, prepare, prepare_in
from jobpipe.runs.repairs.past import past_of, past_of_fixture
from jobpipe.runs.repairs.present import documents_at, documents_of_source, kept_documents
from jobpipe.runs.workspace import Workspace
from jobpipe.safety.secrets import redact

ARCHIVE = "archive"
_MOST = 3000


@dataclass(frozen=True, slots=True)
class Proposed:
    proposal: Proposal
    # What was read, for people: the last run's answers, the source, a place.
    source: str
    # What was read is what the last run kept.
    is_kept: bool = False


def propose(project: Project, name: str, *, workspace: Workspace | None, place: str = "") -> Proposed:
    """`place`: a file or a URL, `archive` for what the last run read, "" for that and else the source.

    `workspace`: None where nothing is stored: the import's fixture says how its source was.

    Raises UsageError, DefinitionError; SourceError where nothing can be read.
    """
    preparation = prepare(workspace, name) if workspace is not None else prepare_in(project, name)
    owner = Import.objects.filter(name=name).first() if workspace is not None else None
    if place and place != ARCHIVE:
        return _proposed(
            project, preparation, workspace, owner, documents_at(preparation, project, place), redact(place)
        )
    kept = _kept(project, preparation, owner, workspace)
    if place == ARCHIVE and kept is None:
        raise SourceError(f"the archive has nothing of {name}", hint=f"jobpipe repair {name} asks the source")
    if kept is not None:
        proposed = _proposed(project, preparation, workspace, owner, kept, "what the last run read", is_kept=True)
        if place == ARCHIVE or proposed.proposal.is_needed:
            return proposed
    documents = documents_of_source(preparation, project)
    return _proposed(project, preparation, workspace, owner, documents, "the source")


def _kept(
    project: Project, preparation: Preparation, owner: Import | None, workspace: Workspace | None
) -> list[NewDocument] | None:
    if owner is None or workspace is None:
        return None
    try:
        return kept_documents(preparation, project, kept_parts_of(workspace, owner, preparation))
    except SourceError:
        return None


def _proposed(
    project: Project,
    preparation: Preparation,
    workspace: Workspace | None,
    owner: Import | None,
    documents: list[NewDocument],
    source: str,
    *,
    is_kept: bool = False,
) -> Proposed:
    now = _raws(documents, preparation)
    name = preparation.definition.import_
    past = past_of(workspace, owner, preparation, now) if workspace is not None and owner is not None else []
    past = past or past_of_fixture(project, name, now)
    charge = preparation.charge
    workshop = Workshop(charge.hooks, charge.tables, datetime.now(UTC).date().isoformat())
    if not past and now and (owner is not None or workspace is None):
        unchanged = Proposal(preparation.loaded.text, preparation.loaded.text, preparation.loaded.text)
        unchanged.new_records = len(now)
        unchanged.notices.append("every record is as it was, or nothing is known of how it was")
        return Proposed(unchanged, source, is_kept)
    return Proposed(repair(preparation.loaded, Past(past), documents, preparation.settings, workshop), source, is_kept)


def _raws(documents: list[NewDocument], preparation: Preparation) -> set[bytes]:
    try:
        return {record.raw for record in records_of(documents, preparation.settings, _MOST)}
    except SourceError:
        return set()
