"""Secrets that people typed in: sealed, for this table lies in every backup."""

from __future__ import annotations

from django.db import models


class Secret(models.Model):
    # As definitions ask for it: `${NAME}`. With a dot in it: job-pipe's own, which no definition can name.
    name = models.CharField(max_length=200, unique=True)
    # `jobpipe.safety.sealed`
    sealed = models.BinaryField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
