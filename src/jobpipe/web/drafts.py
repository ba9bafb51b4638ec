"""Definitions that people are writing: a row for each import and account, beside the file that stays as it is."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime

from jobpipe.definition.faults import InvalidFileError
from jobpipe.definition.project import Project
from jobpipe.drafting.learning import keep_proposal
from jobpipe.errors import DefinitionError, JobpipeError, UsageError
from jobpipe.ledger.models import Account, DefinitionDraft
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.checking import load_checked, warnings_of
from jobpipe.runs.definition_files import write_definition
from jobpipe.runs.plans.basis import digest_of_text
from jobpipe.runs.reach_of_drafts import refuse_beyond_reach
from jobpipe.runs.secret_values import environ_of
from jobpipe.web.proposals import Proposal, packed, proposal_of

MAX_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with a draft, or may be."""

    line: int
    column: int
    message: str
    hint: str
    is_fault: bool


class ChangedMeanwhileError(JobpipeError):
    """The file is another than the one that the draft began from."""

    code = "JP4003"


def text_of(project: Project, name: str) -> str:
    """Of the project's file; "" = there is none yet."""
    return project.text_of(name) if name in project.imports() else ""


def draft_of(name: str, account: Account) -> DefinitionDraft | None:
    return DefinitionDraft.objects.filter(import_name=name, account=account).first()


def save_draft(
    project: Project, name: str, account: Account, text: str, proposal: Proposal | None = None
) -> DefinitionDraft:
    """It began from the file as it was when it was first saved. Raises UsageError for a text that is too long.

    `proposal`: what the text was drafted from; None = what is kept of that stays.
    """
    text = text.replace("\r\n", "\n")
    if len(text) > MAX_CHARACTERS:
        raise UsageError(f"a definition has at most {MAX_CHARACTERS:,} characters, and this one {len(text):,}")
    with turn_to_write():
        draft = draft_of(name, account)
        if draft is None:
            digest = digest_of_text(text_of(project, name))
            draft = DefinitionDraft(import_name=name, account=account, based_on=digest)
        draft.text, draft.updated_at = text, datetime.now(UTC)
        if proposal is not None:
            draft.proposal = packed(proposal)
        draft.save()
    return draft


def discard_draft(name: str, account: Account) -> None:
    with turn_to_write():
        DefinitionDraft.objects.filter(import_name=name, account=account).delete()


def rebase_draft(project: Project, draft: DefinitionDraft) -> None:
    """Whoever has seen what else was written goes on from there."""
    with turn_to_write():
        draft.based_on = digest_of_text(text_of(project, draft.import_name))
        draft.save(update_fields=["based_on"])


def is_overtaken(project: Project, draft: DefinitionDraft) -> bool:
    """Whether the file was changed since the draft began."""
    return draft.based_on != digest_of_text(text_of(project, draft.import_name))


def publish(project: Project, draft: DefinitionDraft) -> None:
    """Make it the project's file.

    Raises DefinitionError where it is not valid, ChangedMeanwhileError where the file was changed since, UsageError
    where it cannot be written.
    """
    name = draft.import_name
    refuse_beyond_reach(project, load_checked(project, name, (draft.text, f"imports/{name}.yaml")))
    if is_overtaken(project, draft):
        raise ChangedMeanwhileError(f"imports/{name}.yaml was changed since this draft began")
    write_definition(project, name, draft.text, otherwise="take it as a patch, and put it in place where that can be")
    if (proposal := proposal_of(draft)) is not None:
        # The next draft learns from what was written otherwise; it can do without.
        with contextlib.suppress(OSError):
            keep_proposal(project, name, proposal.text)
    with turn_to_write():
        # Of others their drafts stay: they are told that the file is another.
        draft.delete()


def remarks_on(project: Project, name: str, text: str) -> list[Remark]:
    """All that can be known without reading the source; [] = it is sound."""
    try:
        loaded = load_checked(project, name, (text, f"imports/{name}.yaml"))
        refuse_beyond_reach(project, loaded)
        warning = warnings_of(project, loaded, environ_of(project))
    except DefinitionError as error:
        return _remarks(error, is_fault=True)
    return _remarks(warning, is_fault=False) if warning is not None else []


def _remarks(error: DefinitionError, *, is_fault: bool) -> list[Remark]:
    if isinstance(error, InvalidFileError):
        return [Remark(one.spot.line, one.spot.column, one.message, one.hint, is_fault) for one in error.faults]
    place = str(error.place)
    message = f"{place}: {error.message}" if place else error.message
    return [Remark(error.place.line, error.place.column, message, error.hint, is_fault)]
