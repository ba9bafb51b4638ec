"""What a conductor imports, for the process that forks conductors: it must open neither connection nor thread."""

from __future__ import annotations

import contextlib
import gc
import importlib

# Imported when they are needed; here they are there already.
_MODULES = (
    "jobpipe.cluster.conductor",
    "jobpipe.cluster.delivering",
    "jobpipe.destinations.ways.opening",
    "jobpipe.documents.mongo",
    "jobpipe.documents.sqlite",
    "jobpipe.ledger.postgresql",
    "jobpipe.runs.executors.inline",
    "jobpipe.sources.api.conversation",
    "jobpipe.sources.site.crawl",
    "jobpipe.sources.transports.connecting",
    "jobpipe.sources.transports.http",
    "jobpipe.transform.steps.registry",
    "django.db.backends.postgresql.base",
    "django.db.models.sql.compiler",
    "celery.app.amqp",
    "kombu.transport.pyamqp",
    "psycopg",
    "pymongo",
)

for _module in _MODULES:
    # One of an extra that is not installed.
    with contextlib.suppress(ImportError):
        importlib.import_module(_module)

# All this stays: no conductor need search it for garbage, nor copy its pages by doing so.
gc.collect()
gc.freeze()
