"""That a person's data was erased, without the data: what comes again is known by keyed digests."""

from __future__ import annotations

from django.db import models


class Erasure(models.Model):
    """That it was done. Never changed, never deleted."""

    at = models.DateTimeField()
    by = models.CharField(max_length=200, blank=True)
    # Why, as the person who did it says: a ticket, a request. Not whose.
    reason = models.TextField(blank=True)
    # What was found, by place: {"postings": 3, …}, and what could not be masked.
    found = models.JSONField(default=dict)
    # What comes again from a source is masked again.
    suppressed = models.BooleanField(default=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"erasure {self.pk}"


class Suppression(models.Model):
    """One datum that no record may bring again."""

    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="suppressions")
    # Of its words, under a key that lies sealed (`jobpipe.safety.suppressing`): 32 hexadecimal digits.
    digest = models.CharField(max_length=32, unique=True)
    # How many there are.
    words = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"suppression {self.pk}"
