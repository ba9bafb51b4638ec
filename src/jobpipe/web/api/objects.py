"""What an address is about: there, and to be seen by whoever asks; everything else is not there (404)."""

from __future__ import annotations

from django.http import Http404

from jobpipe.ledger.models import Import, Incident, Run
from jobpipe.web.project import workspace
from jobpipe.web.rights import Viewer, may_see_import, visible_incidents, visible_runs


def known_import(viewer: Viewer, name: str) -> None:
    """Raises Http404 where the project has none of this name, or it may not be seen."""
    if name not in workspace().project.imports() or not may_see_import(viewer, name):
        raise Http404


def import_row(viewer: Viewer, name: str) -> Import:
    """Raises Http404 also where it has never run."""
    if not may_see_import(viewer, name) or (found := Import.objects.filter(name=name).first()) is None:
        raise Http404
    return found


def run_numbered(viewer: Viewer, number: int) -> Run:
    found = visible_runs(viewer).select_related("import_row").filter(pk=number).first()
    if found is None:
        raise Http404
    return found


def incident_numbered(viewer: Viewer, number: int) -> Incident:
    found = visible_incidents(viewer).filter(pk=number).first()
    if found is None:
        raise Http404
    return found
