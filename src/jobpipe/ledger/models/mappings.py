"""What account managers and clients decide of labels: entries above the tables of files, and their history."""

from __future__ import annotations

from django.db import models


class Scope(models.TextChoices):
    """Whose labels a decision is about; the first counts most."""

    IMPORT = "import"
    CLIENT = "client"
    GLOBAL = "global"


class MappingEntry(models.Model):
    """What a label means, or once meant, in one table and scope: at most one row a label, however it is written."""

    table = models.CharField(max_length=200)
    scope = models.CharField(max_length=8, choices=Scope.choices)
    # The name of the import or client; "" = global.
    owner = models.CharField(max_length=200, blank=True)
    # As it was seen; for a pattern: the regular expression.
    label = models.CharField(max_length=300)
    # `jobpipe.taxonomy.labels.normalise_label` of it; for a pattern: the same as `label`.
    normalised = models.CharField(max_length=300)
    # A regular expression, for labels that nothing else names.
    is_pattern = models.BooleanField(default=False)
    # A code, a value, or {"code": …, "taxonomy": …, …}.
    value = models.JSONField()
    # False = taken back: the label means what the layers below say.
    active = models.BooleanField(default=True)
    # The number of the last change.
    revision = models.PositiveBigIntegerField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("table", "scope", "owner", "is_pattern", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["table", "scope", "owner", "is_pattern", "normalised"], name="one_entry_a_label"
            ),
        )

    def __str__(self) -> str:
        return f"{self.table}: {self.label} ({self.scope} {self.owner})"


class MappingChange(models.Model):
    """One decision: its id is the number by which it is undone. Never changed, never deleted."""

    entry = models.ForeignKey(MappingEntry, on_delete=models.PROTECT, related_name="changes")
    # The first change of those that were made together, as from one file.
    together = models.PositiveBigIntegerField()
    # null = the entry was not there, or taken back.
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    # As the label was written before and after.
    label_before = models.CharField(max_length=300, blank=True)
    label = models.CharField(max_length=300)
    # The change that this one took back.
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="undone_by")
    at = models.DateTimeField()
    by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["together"], name="changes_made_together"),)

    def __str__(self) -> str:
        return f"change {self.pk} of {self.entry}"
