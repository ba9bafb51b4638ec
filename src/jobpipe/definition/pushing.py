"""A source that is pushed is a folder of drops: what was sent waits there as files, each of which is read once."""

from __future__ import annotations

from glob import escape
from pathlib import Path

from jobpipe.definition.drops import FileOptions
from jobpipe.definition.models import Definition, FieldRule

# Of a record that closes a posting: what the source calls it. Made here, for `DELETE`.
CLOSES = "jobpipe_closes"
# The folder below the state, and in it by import: where drops wait.
FOLDER, WAITING = "push", "waiting"
# Format -> how the files end.
SUFFIXES = {"json": ".ndjson", "xml": ".xml"}


def waiting_folder(state: Path, name: str) -> Path:
    return state / FOLDER / name / WAITING


def as_folder(definition: Definition, state: Path) -> Definition:
    """The same import as one that reads the folder where what was sent waits.

    Where it does not say `holds: all` (each push is everything), it holds changes.
    """
    source = definition.source
    if source.push is None:
        return definition
    is_all = source.holds == "all" and "holds" in source.model_fields_set
    suffix = SUFFIXES[source.push]
    folder = waiting_folder(state.absolute(), definition.import_)
    changed = {
        "push": None,
        "feed": f"{escape(str(folder))}/*{suffix}",
        "format": "ndjson" if source.push == "json" else "xml",
        "holds": "all" if is_all else "changes",
        "files": FileOptions(afterwards="delete", take="newest" if is_all else "all"),
    }
    posting = definition.posting
    if can_close(definition):
        reference = posting["reference"]
        names = {"from_": [*reference.from_, CLOSES]}
        posting = {**posting, "reference": reference.model_copy(update=names)}
        says = f"record.{CLOSES} is defined"
        changed["closed"] = f"{says} or ({source.closed})" if source.closed else says
    return definition.model_copy(update={"source": source.model_copy(update=changed), "posting": posting})


def can_close(definition: Definition) -> bool:
    """Whether a posting can be closed by its source's reference alone: that is a plain path, and identifies it."""
    reference = definition.posting.get("reference")
    is_key = not definition.key or definition.key[0] == "reference"
    return definition.source.push == "json" and is_key and reference is not None and _is_plain(reference)


def _is_plain(rule: FieldRule) -> bool:
    return bool(rule.from_) and rule.join is None and rule.for_ is None and not rule.parts and rule.value is None
