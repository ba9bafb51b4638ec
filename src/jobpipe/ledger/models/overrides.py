"""What account managers and clients lay above definitions: rules, decisions over one posting, and their history."""

from __future__ import annotations

from django.db import models


class OverrideScope(models.TextChoices):
    """What an override is about; the first counts most."""

    POSTING = "posting"
    IMPORT = "import"
    CLIENT = "client"
    GLOBAL = "global"


class Override(models.Model):
    """One rule, or what was decided for one posting: its id is the number by which people name it. Never deleted."""

    scope = models.CharField(max_length=8, choices=OverrideScope.choices)
    # The name of the import (of a posting too) or client; "" = global.
    owner = models.CharField(max_length=200, blank=True)
    # Of a posting, 500 characters at most; "" = it is a rule.
    key = models.CharField(max_length=500, blank=True)
    # A rule: {"rule", "name", "note", "enabled", "position"}.  A posting: {"exclude": {"until", "reason"}, "override":
    # {"values", "until", "reason"}}, either or both.
    content = models.JSONField(default=dict)
    # False = removed, or taken back.
    active = models.BooleanField(default=False)
    # The number of the last change; 0 = there was none yet.
    revision = models.PositiveBigIntegerField(default=0)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200, blank=True)
    # Of a posting: under what the stored one was made (`mark_of` in `runs.overrides.single_postings`); "" = nothing.
    applied = models.CharField(max_length=32, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["owner", "key"], condition=models.Q(scope="posting"), name="one_override_a_posting"
            ),
        )
        indexes = (models.Index(fields=["scope", "owner"], name="overrides_of_an_owner"),)

    def __str__(self) -> str:
        return f"override #{self.pk} ({self.scope} {self.owner})"


class OverrideChange(models.Model):
    """One decision: its id is the number by which it is undone. Never changed, never deleted."""

    entry = models.ForeignKey(Override, on_delete=models.PROTECT, related_name="changes")
    # The first change of those that were made together, as from one file.
    together = models.PositiveBigIntegerField()
    # The content; null = it was not there, or taken back.
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    # The change that this one took back.
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="undone_by")
    at = models.DateTimeField()
    by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["together"], name="overrides_changed_together"),)

    def __str__(self) -> str:
        return f"change {self.pk} of {self.entry}"
