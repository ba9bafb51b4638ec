"""The first draft of an import: what its first records say of it, each choice that is not certain with its reason."""

from __future__ import annotations

import json
import re

from jobpipe.definition.project import Project
from jobpipe.drafting.draft import Draft
from jobpipe.drafting.drafting import Order, draft_source
from jobpipe.drafting.learning import lessons_of
from jobpipe.runs.previewing import prepare_to_look
from jobpipe.runs.reach_of_drafts import refuse_beyond_reach

# An address as it is read out: careers.example.org/jobs
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+/\S*")


def first_draft(project: Project, name: str, client: str, feed: str) -> Draft:
    """Raises SourceError where nothing can be drafted from it, DefinitionError for a place that is none."""
    if _HOST.fullmatch(feed) and not (project.root / feed).exists():
        feed = f"https://{feed}"
    shown = f"imports/{name}.yaml"
    # What a definition may read is known of definitions: the least one that names the place.
    least = f"import: {json.dumps(name)}\nsource: {{feed: {json.dumps(feed)}}}\nposting: {{title: title}}\n"
    refuse_beyond_reach(project, project.read(name, least, shown))
    preparation, _ = prepare_to_look(project, name, (least, shown))
    opened = project.resolve(preparation.resolved.source.locations[0])
    order = Order(name=name, location=feed, client=client, lessons=lessons_of(project, but=name))
    return draft_source(order, opened)


def in_words(draft: Draft) -> str:
    """What was found, for a person."""
    source = draft.source
    found = source.dialect or source.format or source.kind
    looked = f" from {draft.looked_at:,} records" if draft.looked_at else ""
    taken = len(draft.taken)
    fields = f", {taken} field{'' if taken == 1 else 's'}" if taken else ""
    left = len(draft.questions)
    open_points = f"; {left} question{'' if left == 1 else 's'} in it only you can answer" if left else ""
    return (
        f"A first draft{looked} ({found}{fields}){open_points}: see what it makes of the first ones, then publish it."
    )
