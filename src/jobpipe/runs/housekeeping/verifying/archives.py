"""The archive: runs that the ledger does not know, parts that cannot be read, parts that are not there."""

from __future__ import annotations

import shutil
from pathlib import Path

from jobpipe.errors import SourceError
from jobpipe.ledger.models import Import, PartRead, Run, RunState
from jobpipe.runs.history import runs_that_need_their_bytes
from jobpipe.runs.housekeeping.verifying.findings import Finding, Verifying
from jobpipe.runs.workspace import Workspace
from jobpipe.sources.archive import ArchiveReader, remove_run, run_folder, runs_in


def verify_archive(workspace: Workspace, owner: Import, looking: Verifying) -> None:
    """Of an import that is held. All that is kept is read."""
    folder = workspace.archive_of(owner.name)
    known = set(Run.objects.filter(import_row=owner).values_list("pk", flat=True))
    kept = runs_in(folder)
    unknown = [run for run in kept if run not in known]
    if unknown:
        what = f"the archive has the bytes of {len(unknown):,} runs that the ledger does not know"
        looking.found(
            Finding("archive-of-no-run", what, "they are removed", owner.name, len(unknown)),
            lambda: _remove_runs(folder, unknown),
        )
    damaged = [run for run in kept if run in known and not _is_readable(folder, run)]
    if damaged:
        what = f"the archive of {len(damaged):,} runs cannot be read"
        looking.found(
            Finding("archive-damaged", what, "it is removed: the next run reads the source anew", owner.name),
            lambda: _remove_runs(folder, damaged),
        )
    running = Run.objects.filter(import_row=owner, state=RunState.RUNNING).values_list("pk", flat=True)
    for run in runs_that_need_their_bytes(owner.pk) - set(kept) - set(running):
        if PartRead.objects.filter(run=run, unchanged=False).exclude(digest="").exists():
            looking.result.notes.append(
                f"{owner.name}: the bytes of run {run} are not in the archive; the next run that finds another source "
                "keeps its own"
            )


def verify_unknown_archives(workspace: Workspace, looking: Verifying) -> None:
    archive = workspace.project.state_dir / "archive"
    names = set(Import.objects.values_list("name", flat=True)) | set(workspace.project.imports())
    unknown = [path for path in sorted(archive.glob("*")) if path.is_dir() and path.name not in names]
    if unknown:
        what = f"the archive has folders of imports that there are not: {', '.join(path.name for path in unknown[:5])}"
        looking.found(
            Finding("archive-of-no-import", what, "they are removed", count=len(unknown)),
            lambda: _remove_folders(unknown),
        )


def _is_readable(folder: Path, run: int) -> bool:
    try:
        for index in sorted(run_folder(folder, run).glob("*.index")):
            for _ in ArchiveReader(folder, run, int(index.stem)):
                pass
    except (SourceError, ValueError):
        return False
    return True


def _remove_runs(folder: Path, runs: list[int]) -> None:
    for run in runs:
        remove_run(folder, run)


def _remove_folders(paths: list[Path]) -> None:
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)
