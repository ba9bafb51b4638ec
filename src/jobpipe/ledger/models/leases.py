"""What processes of a cluster hold, on the server's clock: imports, and turns at hosts. One machine needs none."""

from __future__ import annotations

from django.db import models

from jobpipe.ledger.models.imports import Import


class Lease(models.Model):
    """Who conducts an import. The row stays when the lease ends: its fence must never be given again."""

    import_row = models.OneToOneField(
        Import, on_delete=models.CASCADE, related_name="lease", db_column="import_id", primary_key=True
    )
    # `jobpipe.runs.process_mark`; "" = nobody.
    holder = models.CharField(max_length=200, blank=True)
    # Raised by each taking over: writes with an older one are refused.
    fence = models.PositiveBigIntegerField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.import_row} by {self.holder or 'nobody'} (fence {self.fence})"


class HostTurns(models.Model):
    """The requests that one process has under way at one host."""

    host = models.CharField(max_length=300)
    holder = models.CharField(max_length=200)
    turns = models.PositiveIntegerField()
    # Whoever dies renews no more: its turns lapse.
    until = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["host", "holder"], name="one_row_a_host_and_process"),)

    def __str__(self) -> str:
        return f"{self.turns} at {self.host} by {self.holder}"


class HostTrouble(models.Model):
    """The failures of a host since its last answer, to any process."""

    host = models.CharField(max_length=300, primary_key=True)
    # In a row, each after all its attempts.
    count = models.PositiveIntegerField()
    since = models.DateTimeField()
    # The last few that differ, redacted.
    reasons = models.JSONField(default=list)
    # Until then nobody asks; null = it is asked.
    rests_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.host}: {self.count} failures"
