"""When imports are due, what people decided of whole imports, and duties that one process of all has."""

from __future__ import annotations

from django.db import models

from jobpipe.ledger.models.imports import Import
from jobpipe.ledger.models.runs import Run


class Standing(models.TextChoices):
    PAUSED = "paused"
    RESUMED = "resumed"
    REMOVED = "removed"


class ScheduledImport(models.Model):
    """What the scheduler knows of one import: its definition's schedule as last read, and when it is due."""

    import_row = models.OneToOneField(
        Import, on_delete=models.CASCADE, related_name="scheduled", db_column="import_id", primary_key=True
    )
    # "" = it has none.
    schedule = models.CharField(max_length=200, blank=True)
    zone = models.CharField(max_length=100, blank=True)
    # Seconds.
    grace = models.FloatField(default=0.0)
    # From which moment on it is known to be due by this schedule.
    known_since = models.DateTimeField()
    # Changed by compare-and-set, together with the run that it asks for: so a moment is due once.
    next_due = models.DateTimeField(null=True)
    # The last moment that was due; null = none was.
    last_due = models.DateTimeField(null=True)
    # `jobpipe.runs.scheduling.punctuality.ImportState`, as it was last looked at: what changes is told once.
    state = models.CharField(max_length=8, default="new")
    # What is wrong with its definition now, in words: what was known before holds on; "" = nothing.
    fault = models.TextField(blank=True)

    class Meta:
        indexes = (models.Index(fields=["next_due"], name="imports_by_when_due"),)

    def __str__(self) -> str:
        return f"{self.import_row} by {self.schedule or 'no schedule'}"


class ImportDecision(models.Model):
    """A person paused, resumed or removed an import. Never changed, never deleted; the last one counts."""

    import_row = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="decisions", db_column="import_id")
    standing = models.CharField(max_length=8, choices=Standing.choices)
    at = models.DateTimeField()
    by = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)
    # Of a pause: when it ends by itself; null = when a person ends it.
    until = models.DateTimeField(null=True)
    # keep or expire; "" = nothing was asked.
    postings = models.CharField(max_length=6, blank=True)
    # That expired them.
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.import_row} {self.standing}"


class DutyLease(models.Model):
    """Which process has a duty that only one may have, on the server's clock. One machine needs none."""

    duty = models.CharField(max_length=40, primary_key=True)
    # `jobpipe.runs.process_mark`; "" = nobody.
    holder = models.CharField(max_length=200, blank=True)
    fence = models.PositiveBigIntegerField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.duty} by {self.holder or 'nobody'}"
