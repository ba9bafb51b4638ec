"""Runs that a person does not want any more."""

from __future__ import annotations

from django.db import models

from jobpipe.ledger.models.runs import Run


class Cancellation(models.Model):
    """Asked for: whoever makes the run ends it at its next batch, and nobody takes it up again."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="cancellation")
    at = models.DateTimeField()
    by = models.CharField(max_length=200, blank=True)
    reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.run} cancelled by {self.by or 'somebody'}"
