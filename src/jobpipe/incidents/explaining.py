"""Why failures are one incident: the parts of its fingerprint, in words."""

from __future__ import annotations

from jobpipe.incidents.fingerprint import fingerprint_of, shape_of
from jobpipe.incidents.kinds import KINDS
from jobpipe.incidents.occurrence import Occurrence
from jobpipe.ledger.models import Incident


def why_alike(incident: Incident) -> list[tuple[str, str]]:
    """(What they share, what it is)."""
    kind = KINDS.get(incident.kind)
    parts = [
        ("the import", incident.import_name or "none: it is the project's"),
        ("the kind", kind.title if kind else incident.kind),
        ("the stage", incident.stage),
        ("the step", incident.step),
        ("the field", incident.field),
        _said(incident),
    ]
    return [(name, said) for name, said in parts if said]


def _said(incident: Incident) -> tuple[str, str]:
    said = Occurrence(
        kind=incident.kind,
        message=incident.message,
        stage=incident.stage,
        step=incident.step,
        field=incident.field,
    )
    if fingerprint_of(said, incident.import_name) == incident.fingerprint:
        return "what is said, but for what differs from record to record", shape_of(incident.message)
    if incident.details.get("traceback"):
        return "the exception and the place in the code", f"{incident.message.partition(':')[0]} in {incident.place}"
    return "what it is about", "the same thing, as whoever noticed it knows it: its message may differ each time"
