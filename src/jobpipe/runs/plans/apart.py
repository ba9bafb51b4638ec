"""Plans of many postings, made and applied by a process of their own: it goes on whatever becomes of who asked."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from jobpipe.ledger.models import Plan
from jobpipe.runs.workspace import Workspace

# Stored records up to which a plan is made, or applied, while somebody waits.
FEW = 2_000


def is_small(workspace: Workspace, import_id: int) -> bool:
    return sum(workspace.documents.counts(import_id).values()) <= FEW


def make_apart(workspace: Workspace, name: str, text: str, *, by: str) -> None:
    """A plan for another text of the definition of `name`; it is among its plans when it is made."""
    file = workspace.scratch / f"draft-{name}.yaml"
    file.write_text(text, encoding="utf-8")
    _start(workspace, name, "plan", name, "--definition", str(file), "--by", by, "--quiet")


def apply_apart(workspace: Workspace, plan: Plan, *, by: str) -> None:
    _start(workspace, plan.import_row.name, "apply", str(plan.pk), "--by", by, "--quiet")


def last_words(workspace: Workspace, name: str) -> str:
    """What the last such process of this import said against it; "" = it goes on, or all was well."""
    file = _said(workspace, name)
    return file.read_text(encoding="utf-8", errors="replace")[-2_000:].strip() if file.is_file() else ""


def _said(workspace: Workspace, name: str) -> Path:
    return workspace.scratch / f"plan-{name}.said"


def _start(workspace: Workspace, name: str, *arguments: str) -> None:
    command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(workspace.project.root), *arguments]
    with _said(workspace, name).open("wb") as said:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
        )
    # Somebody has to hear of its end.
    threading.Thread(target=process.wait, name="plan-apart", daemon=True).start()
