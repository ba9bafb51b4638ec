"""How a publisher wants its report: what the import says, else its client, else the house."""

from __future__ import annotations

from collections.abc import Iterator

from jobpipe.definition.project import Project
from jobpipe.definition.reporting import ReportSettings, ReportWishes, wishes_of


def wishes_of_import(project: Project, name: str) -> ReportWishes:
    """Raises as `Project.load` does."""
    definition = project.load(name).definition
    return wishes_of([definition.report, *_layers(project, definition.client)])


def wishes_of_client(project: Project, client: str) -> ReportWishes:
    return wishes_of(_layers(project, client))


def _layers(project: Project, client: str) -> Iterator[ReportSettings]:
    wanted = client.strip().casefold()
    for name, settings in project.settings.clients.items():
        if wanted and name.strip().casefold() == wanted:
            yield settings.report
    yield project.settings.report
