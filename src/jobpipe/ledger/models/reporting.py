"""How a client wants the reports of its sources, where people said so in the interface."""

from __future__ import annotations

from django.db import models


class ReportSetting(models.Model):
    """What is not said here is as the files say."""

    client = models.CharField(max_length=200, unique=True)
    # en fr de nl; "" = not said.
    language = models.CharField(max_length=2, blank=True)
    # Mail addresses; null = not said, [] = nobody.
    to = models.JSONField(null=True)
    # refused always weekly never; "" = not said.
    when = models.CharField(max_length=8, blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("client",)

    def __str__(self) -> str:
        return self.client
