"""The first draft of an import: what its first records say of it, each choice that is not certain with its reason."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import Any

from jobpipe.definition.project import Project
from jobpipe.drafting.answering import columns_of
from jobpipe.drafting.draft import Draft
from jobpipe.drafting.drafting import Order, draft_source
from jobpipe.drafting.learning import lessons_of
from jobpipe.drafting.sampling import KEPT_RECORDS, kept_with_draft
from jobpipe.drafting.writing import definition_text
from jobpipe.errors import JobpipeError
from jobpipe.runs.previewing import prepare_to_look, preview
from jobpipe.runs.reach_of_drafts import refuse_beyond_reach
from jobpipe.runs.source_reading import request_for
from jobpipe.runs.trying_sources import Trial, try_source
from jobpipe.sources.record import RawRecord

# An address as it is read out: careers.example.org/jobs
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+/\S*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a person says of a new import."""

    name: str
    client: str
    # An address, or a file of the project.
    feed: str
    # Words of `source` by which one logs in.
    login: dict[str, Any] = field(default_factory=dict)


def at_its_place(project: Project, feed: str) -> str:
    """With https:// where an address has none."""
    return f"https://{feed}" if _HOST.fullmatch(feed) and not (project.root / feed).exists() else feed


def tried(project: Project, asked: Asked) -> Trial:
    """Raises DefinitionError for a place that is none, or out of reach."""
    return try_source(project, asked.name, _least(project, asked))


def first_draft(project: Project, asked: Asked) -> Draft:
    """Raises SourceError where nothing can be drafted from it, DefinitionError for a place that is none."""
    preparation, _ = prepare_to_look(project, asked.name, _least(project, asked))
    opened = project.resolve(preparation.resolved.source.locations[0])
    order = Order(
        name=asked.name,
        location=asked.feed,
        client=asked.client,
        lessons=lessons_of(project, but=asked.name),
        login=asked.login,
        request=request_for(preparation, opened),
    )
    return draft_source(order, opened)


def with_records(project: Project, draft: Draft) -> Draft:
    """With the first records of what is no feed, as the draft reads them."""
    shown = f"imports/{draft.import_}.yaml"
    try:
        found = preview(project, draft.import_, count=KEPT_RECORDS, definition=(definition_text(draft), shown))
    except JobpipeError:
        return draft
    records = kept_with_draft([RawRecord(one.raw, 0, one.context) for one in found.records if one.record is not None])
    draft = replace(draft, records=records)
    return replace(draft, paths=tuple(dict.fromkeys((*draft.paths, *(one.path for one in columns_of(draft))))))


def _least(project: Project, asked: Asked) -> tuple[str, str]:
    """The least definition that names the place: what one may read is known of definitions."""
    source = json.dumps({"feed": asked.feed, **asked.login})
    text = f"import: {json.dumps(asked.name)}\nsource: {source}\nposting: {{title: title}}\n"
    shown = f"imports/{asked.name}.yaml"
    refuse_beyond_reach(project, project.read(asked.name, text, shown))
    return text, shown


def in_words(draft: Draft) -> str:
    """What was found, for a person."""
    source = draft.source
    found = source.dialect or source.format or source.kind
    looked = f" from {draft.looked_at:,} records" if draft.looked_at else ""
    taken = len(draft.taken)
    fields = f", {taken} field{'' if taken == 1 else 's'}" if taken else ""
    return f"A first draft{looked} ({found}{fields})."
