"""Pairs of postings of a client's imports that are one job, and what people decided of them."""

from __future__ import annotations

from django.db import models

from jobpipe.ledger.models.imports import Import


class NearDuplicate(models.Model):
    """Two postings that were judged to be one job. Rows are the documents' row numbers; `one` < `other`."""

    client = models.CharField(max_length=200)
    one_import = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="+")
    one_row = models.PositiveBigIntegerField()
    other_import = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="+")
    other_row = models.PositiveBigIntegerField()
    # The higher, the surer: see `jobpipe.lifecycle.near_duplicates.Judgement`.
    weight = models.PositiveIntegerField()
    # Of the texts' shingles, 0 to 1.
    similarity = models.FloatField()
    # In words.
    reason = models.TextField()
    # They are no pair any more; the row goes when what they had hidden is back.
    is_gone = models.BooleanField(default=False)
    # Of the policy under which the documents show what this pair means; "" = they do not yet.
    settled = models.CharField(max_length=16, blank=True)
    found_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=["one_import", "one_row", "other_import", "other_row"], name="one_row_a_pair_of_postings"
            ),
        )
        indexes = (
            models.Index(fields=["other_import", "other_row"], name="near_duplicate_by_other"),
            models.Index(fields=["client", "settled"], name="near_duplicate_by_settled"),
        )

    def __str__(self) -> str:
        return f"pair {self.pk} of {self.client}"


class NearDuplicateDecision(models.Model):
    """What a person decided of a group: its id is the number by which it is undone. Never changed, never deleted."""

    client = models.CharField(max_length=200)
    # `split`: the first posting is no duplicate of the others. `keep`: it is the one that is delivered. `undo`.
    kind = models.CharField(max_length=8)
    # [{"import": id, "name": …, "row": …, "key": …, "title": …}]
    postings = models.JSONField(default=list)
    undoes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="undone_by")
    at = models.DateTimeField()
    by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["client"], name="near_duplicate_decision_by"),)

    def __str__(self) -> str:
        return f"decision {self.pk}: {self.kind}"
