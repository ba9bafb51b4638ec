"""Runs, the parts that they read, and the batches that they have applied."""

from __future__ import annotations

from django.db import models

from jobpipe.ledger.models.imports import Import


class RunKind(models.TextChoices):
    IMPORT = "import"
    REPROCESS = "reprocess"
    # Nothing is read: postings end by their own day, or because a person removed their import.
    ENDING = "ending"
    # Records in quarantine, once more.
    RETRY = "retry"


class RunState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    # Done, but expiries wait for a person.
    HELD = "held"
    # Done, but a part of the source failed: nothing expired by absence.
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class Run(models.Model):
    import_row = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="runs", db_column="import_id")
    kind = models.CharField(max_length=16, choices=RunKind.choices, default=RunKind.IMPORT)
    state = models.CharField(max_length=16, choices=RunState.choices, default=RunState.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # Its place in the change feed: given in the transaction that finishes it.
    sequence = models.PositiveBigIntegerField(null=True, unique=True)
    # Of everything that decides what a record becomes; 16 hexadecimal digits.
    revision = models.CharField(max_length=16)
    # The text that it ran with.
    definition = models.TextField()
    # Read instead of the source, once; "" = the source.
    instead = models.TextField(blank=True)
    # The account: outcome -> how many records.
    account = models.JSONField(default=dict)
    # Postings that expired, by absence or by their own day.
    expired = models.PositiveIntegerField(default=0)
    # Those of them that expired by absence.
    absent = models.PositiveIntegerField(default=0)
    reappeared = models.PositiveIntegerField(default=0)
    # Postings that earlier runs had missed or expired, seen again.
    returned = models.PositiveIntegerField(default=0)
    # Live postings when it ended.
    live = models.PositiveIntegerField(default=0)
    # How many known postings it did not see.
    missing = models.PositiveIntegerField(default=0)
    # Rejected records whose key could not be read.
    unreadable = models.PositiveIntegerField(default=0)
    complete = models.BooleanField(null=True)
    # The evidence in words.
    why = models.TextField(blank=True)
    # Why it is not to be believed though it was read to its end: see `Import.accepted`; {} = no suspicion.
    suspected = models.JSONField(default=dict)
    # When its end began: its records are applied, postings may expire, it is too late to cancel it. null = not yet.
    ending_since = models.DateTimeField(null=True)
    # Nothing was read, because the source has not changed.
    unchanged = models.BooleanField(default=False)
    # What a person should know: [{"kind": …, "message": …}].
    notices = models.JSONField(default=list)
    # Of a failed run, in words.
    error = models.TextField(blank=True)
    # Spent in all its sittings.
    seconds = models.FloatField(default=0.0)
    # Of the largest process.
    peak_rss_mb = models.FloatField(default=0.0)
    # How a hold ended: accepted dismissed superseded; "" = it was none, or waits.
    decided_by = models.CharField(max_length=16, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["import_row", "state"], name="run_by_import_and_state"),
            # Who waits is asked every second.
            models.Index(fields=["state"], name="run_by_state"),
            models.Index(fields=["finished_at"], name="run_by_end"),
        )

    def __str__(self) -> str:
        return f"run {self.pk} of {self.import_row.name}"

    @property
    def is_ending(self) -> bool:
        return self.ending_since is not None


class PartRead(models.Model):
    """One file of one run: what was known of it, and how far it was read."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    # Without secrets.
    location = models.TextField()
    etag = models.TextField(blank=True)
    last_modified = models.TextField(blank=True)
    # 32 hexadecimal digits over the bytes as they came; "" = not read to the end.
    digest = models.CharField(max_length=32, blank=True)
    unchanged = models.BooleanField(default=False)
    complete = models.BooleanField(default=False)
    why = models.TextField(blank=True)
    records = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=["run", "number"], name="one_row_a_part"),)

    def __str__(self) -> str:
        return self.location


class Batch(models.Model):
    """A range of a run's records that is applied: it lives until the run is finished."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="batches")
    # Both included.
    first_ordinal = models.PositiveIntegerField()
    last_ordinal = models.PositiveIntegerField()
    # `jobpipe.runs.verdicts`
    verdicts = models.BinaryField()
    # Over the digests of all records of the run up to the last one here; 32 hexadecimal digits. A run that
    # is taken up again knows by it that the source still gives the records it had given.
    chain = models.CharField(max_length=32)

    class Meta:
        ordering = ("first_ordinal",)
        constraints = (models.UniqueConstraint(fields=["run", "first_ordinal"], name="a_batch_is_marked_once"),)

    def __str__(self) -> str:
        return f"records {self.first_ordinal}-{self.last_ordinal} of run {self.run_id}"
