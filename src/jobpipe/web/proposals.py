"""What a draft was made from, kept beside its text: as it was drafted, with its first records, and what was answered.

The text comes of both, by the code that answers in a terminal use: an answer can be changed as often as one likes.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec

from jobpipe.drafting.draft import Draft
from jobpipe.drafting.writing import definition_text
from jobpipe.ledger.models import DefinitionDraft
from jobpipe.web.answer_forms import is_of_answers, with_answers
from jobpipe.web.import_settings import is_of_settings, with_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    # As it was drafted.
    draft: Draft
    # Fields of the form, as they were sent last.
    said: dict[str, str] = field(default_factory=dict)

    def with_said(self, given: Mapping[str, str]) -> Proposal:
        """What the form does not name stays as it was said before."""
        named = {name: value for name, value in given.items() if is_of_answers(name) or is_of_settings(name)}
        return replace(self, said={**self.said, **named})

    def answered(self) -> Draft:
        """Raises UsageError for an answer that means nothing."""
        return with_settings(with_answers(self.draft, self.said), self.said)

    @property
    def text(self) -> str:
        return definition_text(self.answered())


_decoder = msgspec.msgpack.Decoder(Proposal)


def packed(proposal: Proposal) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(proposal))


def proposal_of(row: DefinitionDraft) -> Proposal | None:
    """None = somebody wrote it by hand, or another version of job-pipe drafted it."""
    if row.proposal is None:
        return None
    try:
        return _decoder.decode(zlib.decompress(bytes(row.proposal)))
    except (zlib.error, msgspec.MsgspecError):
        return None


def is_as_proposed(row: DefinitionDraft, proposal: Proposal) -> bool:
    """Nobody has changed its text by hand."""
    return row.text == proposal.text
