"""job-pipe: job offers from where companies publish them, to where they are read.

What others may build on is named here; everything else may change.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobpipe.definition.models import Definition
    from jobpipe.definition.project import find_project
    from jobpipe.posting import JobPosting
    from jobpipe.runs.conducting import run_import
    from jobpipe.runs.workspace import open_workspace
    from jobpipe.transform.steps.step import step

__all__ = ["Definition", "JobPosting", "find_project", "open_workspace", "run_import", "step"]

# Imported when they are asked for: a script that only wants the schema needs no Django.
_HOME = {
    "Definition": "jobpipe.definition.models",
    "JobPosting": "jobpipe.posting",
    "find_project": "jobpipe.definition.project",
    "open_workspace": "jobpipe.runs.workspace",
    "run_import": "jobpipe.runs.conducting",
    "step": "jobpipe.transform.steps.step",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'jobpipe' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
