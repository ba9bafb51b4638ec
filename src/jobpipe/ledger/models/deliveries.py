"""The feed of changes, the destinations as far as they have followed it, and what is on its way to them."""

from __future__ import annotations

from django.db import models

from jobpipe.ledger.models.imports import Import
from jobpipe.ledger.models.runs import Run


class ChangeList(models.Model):
    """Which postings one finished run changed: one row a run, however many they are."""

    # The run's place in the feed when this was written: a decision over a held run gives it a later one, and a list of
    # its own.
    sequence = models.PositiveBigIntegerField(unique=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="change_lists")
    import_row = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="change_lists", db_column="import_id")
    count = models.PositiveIntegerField()
    # `jobpipe.runs.deliveries.row_numbers`
    rows = models.BinaryField()

    class Meta:
        ordering = ("sequence",)
        indexes = (models.Index(fields=["import_row", "sequence"], name="changes_by_import"),)

    def __str__(self) -> str:
        return f"{self.count} changes of run {self.run_id}"


class ChangeFeed(models.Model):
    """What is known of the feed as a whole: one row."""

    ONLY = 1

    # The last list of changes that was removed for its age: whoever has come no further compares all postings.
    pruned_to = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"lists of changes after {self.pruned_to}"


class Destination(models.Model):
    """How far a destination has followed the feed of changes, and how it fares."""

    # The name of its file.
    name = models.CharField(max_length=100, unique=True)
    # Of what decides which postings go there and how they look, as it was last carried out; "" = never. Where it is
    # another one, all postings are compared. Anybody may set it to "", at any time; all else is written by whoever
    # delivers there.
    definition = models.CharField(max_length=32, blank=True)
    # The last list of changes that is done, and how many rows of the next one are.
    sequence = models.PositiveBigIntegerField(default=0)
    offset = models.PositiveIntegerField(default=0)
    # All postings are being compared: {"import": …, "row": …, "again": bool}, where it has come to; {} = they are not.
    sweep = models.JSONField(default=dict)
    # What lists up to this one name is sent again, though the destination has it.
    again_until = models.PositiveBigIntegerField(default=0)
    # In a row, since it last answered.
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    # Nothing is tried before.
    next_try = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    last_success = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class DeliveryKind(models.TextChoices):
    CHANGES = "changes"
    SNAPSHOT = "snapshot"


class DeliveryState(models.TextChoices):
    # Its membership is fixed; it may be on its way.
    PREPARED = "prepared"
    ACKNOWLEDGED = "acknowledged"
    # A snapshot that waits for a person's yes.
    HELD = "held"
    # A person said no, or a later one took its place.
    DISMISSED = "dismissed"


class Delivery(models.Model):
    """One batch of changes, or one snapshot, on its way to one destination."""

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=8, choices=DeliveryKind.choices)
    state = models.CharField(max_length=12, choices=DeliveryState.choices, default=DeliveryState.PREPARED)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    # The destination may have had it: then it is sent again as it is.
    may_be_there = models.BooleanField(default=False)
    # `jobpipe.runs.deliveries.outgoing`, while it is on its way.
    payload = models.BinaryField(default=b"")
    # Where its destination has come to with it: fields of `Destination`; {} = another batch goes on from here.
    after = models.JSONField(default=dict)
    upserts = models.PositiveIntegerField(default=0)
    removals = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    # Of a snapshot: postings in it, those left out with why, and its files [{"name", "size", "sha256"}].
    postings = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=dict)
    files = models.JSONField(default=list)
    # What the destination said, and why the last attempt failed or why it is held.
    said = models.TextField(blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["destination", "state"], name="deliveries_by_state"),)

    def __str__(self) -> str:
        return f"delivery {self.pk} to {self.destination.name}"
