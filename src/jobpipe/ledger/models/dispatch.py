"""What a cluster knows of its work: imports that wait for a conductor, batches that workers have begun, definitions
that workers need. Rows that live no longer than the runs they belong to."""

from __future__ import annotations

from django.db import models

from jobpipe.ledger.models.imports import Import
from jobpipe.ledger.models.runs import Run


class Dispatch(models.Model):
    """An import that waits for a conductor or is in the hands of one: at most one row an import."""

    import_row = models.OneToOneField(Import, on_delete=models.CASCADE, related_name="dispatch", db_column="import_id")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    # fetch or crawl: which workers can take it.
    queue = models.CharField(max_length=16)
    requested_at = models.DateTimeField()
    # What the last run took; 0 = not known.
    expected_seconds = models.FloatField(default=0.0)
    # When a worker last took it, on the ledger's clock, and which; empty = it waits.
    claimed_at = models.DateTimeField(null=True)
    claimed_by = models.CharField(max_length=200, blank=True)
    # How often it was taken.
    sittings = models.PositiveIntegerField(default=0)
    # What the conductor last said of itself: see `jobpipe.runs.progress.Reading`.
    progress = models.JSONField(default=dict)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.import_row.name} in {self.queue}"


class BatchAttempt(models.Model):
    """A unit of a sitting's work that workers have begun: three beginnings without an answer are three deaths."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="attempts")
    fence = models.PositiveBigIntegerField()
    unit = models.CharField(max_length=100)
    started = models.PositiveIntegerField(default=0)
    # The packed work where it is too large for a message.
    work = models.BinaryField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["run", "fence", "unit"], name="one_row_a_unit"),)

    def __str__(self) -> str:
        return f"unit {self.unit} of run {self.run_id}"


class KeptCharge(models.Model):
    """What workers need to know of an import (`jobpipe.runs.executors.executor.Charge`), by digest; without hooks."""

    # 32 hexadecimal digits.
    digest = models.CharField(max_length=32, primary_key=True)
    packed = models.BinaryField()
    used_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.digest
