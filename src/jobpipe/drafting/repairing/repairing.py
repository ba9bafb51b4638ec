"""The smallest edit of a definition that brings back what a source's new shape has lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from jobpipe.definition.loading import LoadedDefinition, parse_definition
from jobpipe.drafting.repairing.evidence import Evidence, Workshop, evidence_of
from jobpipe.drafting.repairing.likeness import is_same
from jobpipe.drafting.repairing.mending import mend
from jobpipe.drafting.repairing.pairing import Past
from jobpipe.drafting.repairing.proposal import Edit, Lost, Proposal
from jobpipe.drafting.repairing.shapes import NewDocument, Shape, other_shapes, records_of
from jobpipe.drafting.repairing.slots import slots_of
from jobpipe.drafting.repairing.text_edits import edited
from jobpipe.errors import DefinitionError, SourceError
from jobpipe.sources.record import FormatSettings, RawRecord
from jobpipe.transform.problems import DefinitionProblems

# Records that are looked for among the old ones, those that are then looked at, and those by which shapes of a document
# are told apart.
_MOST_READ, _MOST_RECORDS, _FEW = 1000, 80, 40
# Other shapes are tried where less than this is as it was. One is taken that brings all of it back, or so much more.
_WHOLE, _GAIN = 0.995, 0.15


def repair(
    loaded: LoadedDefinition,
    past: Past,
    documents: Sequence[NewDocument],
    settings: FormatSettings,
    workshop: Workshop,
) -> Proposal:
    """`past`: records of which the definition made what it should; `documents`: what the source gives now."""
    proposal = Proposal(loaded.text, loaded.text, loaded.text, old_records=len(past))
    if not len(past):
        proposal.notices.append("nothing is known of the source as it was: a run, or `jobpipe record`, keeps it")
        return proposal
    shape = _best_shape(loaded, past, documents, settings, workshop)
    new = _split(documents, shape.settings)
    evidence = evidence_of(past, new, _MOST_RECORDS)
    proposal.new_records, proposal.paired = len(new), len(evidence.pairs)
    if not evidence.pairs:
        why = "no record is found in it" if not new else "no record of it is known to be one of before"
        proposal.lost.append(Lost("every record", len(past), 0, why))
        return proposal
    if shape.edits:
        proposal.edits.append(_shape_edit(shape, evidence, past, new))
    _mend(loaded, evidence, workshop, proposal)
    return proposal


def _mend(loaded: LoadedDefinition, evidence: Evidence, workshop: Workshop, proposal: Proposal) -> None:
    mended = mend(loaded, evidence, workshop)
    proposal.edits += mended.edits
    proposal.lost += mended.lost
    proposal.sure_text = _with(loaded, proposal.sure)
    proposal.full_text = _with(loaded, proposal.edits)
    before = evidence.old.outcomes(loaded.definition, workshop)
    texts = (loaded.text, proposal.sure_text, proposal.full_text)
    figures = {text: _figures(loaded, text, before, evidence, workshop) for text in dict.fromkeys(texts)}
    (made, same), (made_sure, same_sure), (made_full, same_full) = (figures[text] for text in texts)
    proposal.postings, proposal.as_before = (made, made_sure, made_full), (same, same_sure, same_full)


def _with(loaded: LoadedDefinition, edits: Sequence[Edit]) -> str:
    """The text with these edits; one that cannot be read any more is unsure, and left out."""
    text = loaded.text
    for edit in edits:
        try:
            changed = edited(text, edit.text_edits)
            parse_definition(changed, loaded.shown)
        except (DefinitionError, KeyError, ValidationError) as error:
            edit.is_sure = False
            edit.doubts.append(f"it cannot be written into the file by itself: {error}")
            continue
        text = changed
    return text


def _figures(
    loaded: LoadedDefinition, text: str, before: list[dict[str, Any] | None], evidence: Evidence, workshop: Workshop
) -> tuple[int, int]:
    """How many of the new records give a posting, and how many of the pairs the one that they gave (`before`)."""
    definition = loaded.definition if text == loaded.text else parse_definition(text, loaded.shown).definition
    now = evidence.new.outcomes(definition, workshop)
    same = sum(
        1 for pair in evidence.pairs if before[pair.old] is not None and is_same(before[pair.old], now[pair.new])
    )
    return sum(1 for one in now if one is not None), same


# The shape of the document ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Measured:
    shape: Shape
    # Of what the definition made of the old records, the share that it makes of the new ones.
    intact: float
    paired: float

    @property
    def worth(self) -> float:
        return 2 * self.intact + self.paired


def _best_shape(
    loaded: LoadedDefinition,
    past: Past,
    documents: Sequence[NewDocument],
    settings: FormatSettings,
    workshop: Workshop,
) -> Shape:
    as_it_is = Shape(settings)
    known = _measured(as_it_is, loaded, past, documents, workshop)
    if known.intact >= _WHOLE:
        return as_it_is
    source = loaded.definition.source
    tried = [_measured(one, loaded, past, documents, workshop) for one in other_shapes(source, settings, documents)]
    best = max(tried, key=lambda one: round(one.worth, 3), default=known)
    is_whole_again = best.intact >= _WHOLE and best.paired >= known.paired
    needed = 0.0 if is_whole_again else _GAIN if known.paired >= 0.5 else 0.05
    return best.shape if best.worth > known.worth + needed else as_it_is


def _measured(
    shape: Shape, loaded: LoadedDefinition, past: Past, documents: Sequence[NewDocument], workshop: Workshop
) -> _Measured:
    new = _split(documents, shape.settings)
    evidence = evidence_of(past, new, _FEW)
    if not evidence.pairs:
        return _Measured(shape, 0.0, 0.0)
    paired = len(evidence.pairs) / min(_FEW, len(past))
    return _Measured(shape, _intact(loaded, evidence, workshop), paired)


def _intact(loaded: LoadedDefinition, evidence: Evidence, workshop: Workshop) -> float:
    slots = list(slots_of(loaded))
    fields = list(dict.fromkeys(slot.field for slot in slots))
    try:
        before = evidence.old.made(loaded.definition, workshop, fields)
        now = evidence.new.made(loaded.definition, workshop, fields)
    except DefinitionProblems:
        return 0.0
    had = same = 0
    for pair in evidence.pairs:
        for slot in slots:
            value = slot.value_in(before[pair.old])
            if value not in (None, "", [], {}):
                had += 1
                same += is_same(value, slot.value_in(now[pair.new]))
    return same / had if had else 0.0


def _split(documents: Sequence[NewDocument], settings: FormatSettings) -> list[RawRecord]:
    try:
        return records_of(documents, settings, _MOST_READ)
    except SourceError:
        return []


def _shape_edit(shape: Shape, evidence: Evidence, past: Past, new: Sequence[RawRecord]) -> Edit:
    paired = len(evidence.pairs)
    most = min(len(past), len(new), _MOST_RECORDS)
    doubts = [] if paired >= 0.5 * most else ["few of the records are known from before"]
    return Edit(
        shape.name,
        shape.what,
        list(shape.edits),
        confidence=min(1.0, paired / most),
        is_sure=not doubts,
        reasons=[f"so {paired} of {most} records are found again"],
        doubts=doubts,
    )
