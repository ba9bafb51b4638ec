"""What a conductor imports, for the process that forks conductors: it must open neither connection nor thread."""

from __future__ import annotations

import gc
import importlib

_MODULES = (
    "django.db.backends.sqlite3.base",
    "django.db.models.sql.compiler",
    "jobpipe.documents.sqlite",
    "jobpipe.runs.executors.shared",
    "jobpipe.serving.conductor",
    "jobpipe.sources.transports.connecting",
    "jobpipe.sources.transports.http",
    "jobpipe.transform.steps.registry",
)

for _module in _MODULES:
    importlib.import_module(_module)

# All this stays: no conductor need search it for garbage, nor copy its pages by doing so.
gc.collect()
gc.freeze()
