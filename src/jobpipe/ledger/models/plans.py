"""Plans: what a change would do to the stored postings of an import, and whether it was applied."""

from __future__ import annotations

from django.db import models

from jobpipe.ledger.models.imports import Import
from jobpipe.ledger.models.runs import Run


class PlanKind(models.TextChoices):
    # The stored records under another definition.
    REPROCESS = "reprocess"
    # Those of them whose labels mean something else.
    MAPPINGS = "mappings"
    # What the last runs read of the source, cut or asked otherwise.
    SOURCE = "source"


class PlanState(models.TextChoices):
    OPEN = "open"
    # Its change was made, and its run may be under way or was interrupted.
    APPLYING = "applying"
    APPLIED = "applied"


class Plan(models.Model):
    import_row = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="plans", db_column="import_id")
    kind = models.CharField(max_length=16, choices=PlanKind.choices)
    state = models.CharField(max_length=16, choices=PlanState.choices, default=PlanState.OPEN)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=200, blank=True)
    # The text that is to become the import's definition, and where it came from; "" = the project's file as it was.
    definition = models.TextField(blank=True)
    shown = models.TextField(blank=True)
    # Decisions over labels that are to be taken: `jobpipe.runs.mappings.deciding.Decision`.
    decisions = models.JSONField(default=list)
    # Decisions over rules that are to be taken, until they are: `jobpipe.runs.overrides.deciding.RuleDecision`.
    rules = models.JSONField(default=list)
    # The name and the number of a release of a taxonomy that is to be in force, until it is; [] = none.
    release = models.JSONField(default=list)
    # What it was made on: `jobpipe.runs.plans.basis.Basis`.
    basis = models.JSONField(default=dict)
    # Its figures, as `jobpipe plan --json` gives them. Text: what a source says may be no JSON of a database.
    document = models.TextField()
    # Something that it would have to read is not kept: its figures are not all.
    partial = models.BooleanField(default=False)
    # What applied it.
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)
    applied_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"plan {self.pk} of {self.import_row.name}"
