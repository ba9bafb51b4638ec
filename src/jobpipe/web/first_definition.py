"""The first draft of an import: what its first records say of it, each choice that is not certain with its reason."""

from __future__ import annotations

import json

from jobpipe.definition.project import Project
from jobpipe.drafting.drafting import Order, draft_of
from jobpipe.drafting.sampling import sample
from jobpipe.drafting.writing import definition_text
from jobpipe.runs.previewing import prepare_to_look
from jobpipe.runs.source_reading import request_for
from jobpipe.safety.secrets import redact
from jobpipe.web.drafts import refuse_other_files


def first_definition(project: Project, name: str, client: str, feed: str) -> str:
    """Its text. Raises SourceError where no record can be read there, DefinitionError for a place that is none."""
    shown = f"imports/{name}.yaml"
    # What a definition may read is known of definitions: the least one that names the place.
    least = f"import: {json.dumps(name)}\nsource: {{feed: {json.dumps(feed)}}}\nposting: {{title: title}}\n"
    refuse_other_files(project, project.read(name, least, shown))
    preparation, _ = prepare_to_look(project, name, (least, shown))
    location = project.resolve(preparation.resolved.source.locations[0])
    found = sample(request_for(preparation, location), redact(feed))
    return definition_text(draft_of(found, Order(name=name, location=feed, client=client)))
