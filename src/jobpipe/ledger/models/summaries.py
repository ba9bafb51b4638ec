"""What lists of imports are sorted and counted by: derived from the other tables, and made again where these change."""

from __future__ import annotations

from django.db import models

from jobpipe.ledger.models.imports import Import
from jobpipe.ledger.models.runs import Run
from jobpipe.ledger.models.scheduling import ImportDecision


class ImportSummary(models.Model):
    """One import as `jobpipe.runs.overview` derives it, with the moments at which that changes by itself."""

    import_row = models.OneToOneField(
        Import, on_delete=models.CASCADE, related_name="summary", db_column="import_id", primary_key=True
    )
    # Whatever came of it; null = it never ran. It may be pruned before this is made again.
    last_run = models.ForeignKey(
        Run, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    # Of that one; "" = it never ran.
    last_state = models.CharField(max_length=16, blank=True)
    # The run that waits for a person, whatever was done after it; null = none does.
    held_run = models.ForeignKey(
        Run, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    # When the last run that came to a good end began.
    last_good = models.DateTimeField(null=True)
    # Postings at the end of the last run; null = not known.
    live = models.PositiveIntegerField(null=True)
    # The last one, where it was not to resume it; until when it holds; null = until a person ends it.
    decision = models.ForeignKey(
        ImportDecision, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    rests_until = models.DateTimeField(null=True)
    # `jobpipe.runs.scheduling.punctuality.ImportState` while it neither rests nor has missed anything.
    rested = models.CharField(max_length=8)
    # The due moment that it waits for, and from when on it is late or down if nothing good comes; null = it cannot be.
    due = models.DateTimeField(null=True)
    late_from = models.DateTimeField(null=True)
    down_from = models.DateTimeField(null=True)
    # Incidents that wait for somebody.
    incidents = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"summary of {self.import_row}"


class StaleSummary(models.Model):
    """Something changed of what an import's summary is derived from. Written by triggers alone: no write is missed."""

    # Its number; there may be several rows of one.
    import_number = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"import {self.import_number} has changed"
