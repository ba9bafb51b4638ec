"""Imports: one source of one client, run again and again."""

from __future__ import annotations

from django.db import models


class Import(models.Model):
    # The name of its definition.
    name = models.CharField(max_length=200, unique=True)
    client = models.CharField(max_length=200, blank=True)
    # What a person has accepted of its source: {"cap": 500}, {"wrong_total": true}.
    accepted = models.JSONField(default=dict)
    # `jobpipe.taxonomy.tables.digest_of` of the mapping tables under which no stored posting was made otherwise;
    # "" = that is not known.
    mappings = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
