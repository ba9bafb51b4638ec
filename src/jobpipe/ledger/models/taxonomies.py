"""Taxonomies: the versions that were loaded, which of them is in force, and who put it there."""

from __future__ import annotations

from django.db import models


class TaxonomyVersion(models.Model):
    """What files said when they were loaded. Never changed, never deleted."""

    # Of the taxonomy.
    name = models.CharField(max_length=200)
    # From 1, for each taxonomy.
    number = models.PositiveIntegerField()
    # As its publisher calls it; "" = not said.
    label = models.CharField(max_length=200, blank=True)
    # The number that was in force when it was loaded: what its preview compares it with; 0 = the file or none.
    base = models.PositiveIntegerField()
    # `jobpipe.taxonomy.taxonomies.pack` of it.
    content = models.BinaryField()
    # 32 hexadecimal digits of what it says: the same digits, the same taxonomy.
    digest = models.CharField(max_length=32)
    codes = models.PositiveIntegerField()
    labels = models.PositiveIntegerField()
    # The names of its files, and how each was read.
    files = models.JSONField(default=list)
    loaded_at = models.DateTimeField()
    loaded_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("name", "number")
        constraints = (models.UniqueConstraint(fields=["name", "number"], name="one_version_a_number"),)

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class TaxonomyState(models.Model):
    """Which version counts; the row that whoever changes that holds."""

    name = models.CharField(max_length=200, unique=True)
    # 0 = none of the ledger's: the file of the project's folder, where there is one.
    in_force = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name}: {self.in_force}"


class TaxonomyChange(models.Model):
    """One line of a taxonomy's history. Never changed, never deleted."""

    name = models.CharField(max_length=200)
    # loaded applied rolled_back removed.
    action = models.CharField(max_length=12)
    # The numbers that were in force before and after.
    before = models.PositiveIntegerField()
    after = models.PositiveIntegerField()
    # The version that was loaded; 0 = none.
    version = models.PositiveIntegerField(default=0)
    # The number of the changes of mappings that were made with it (`MappingChange.together`); 0 = none.
    moved = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField()
    by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["name"], name="changes_of_a_taxonomy"),)

    def __str__(self) -> str:
        return f"{self.name}: {self.action} {self.before} → {self.after}"
