"""What a run leaves as figures of its import, for what later runs may expect."""

from __future__ import annotations

from django.db import models

from jobpipe.ledger.models.imports import Import
from jobpipe.ledger.models.runs import Run


class RunFigures(models.Model):
    """One row a run that changed anything: a few kilobytes, however many postings there are."""

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="figures")
    import_row = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="figures", db_column="import_id")
    at = models.DateTimeField()
    # `jobpipe.incidents.expectations.figures.pack_figures`
    packed = models.BinaryField()
    # It found something new, or something gone.
    changed = models.BooleanField(default=True)
    # Names of the figures that broke with what was expected: later runs do not learn from these.
    broken = models.JSONField(default=list)

    class Meta:
        ordering = ("-run_id",)
        indexes = (models.Index(fields=["import_row", "run"], name="figures_of_an_import"),)

    def __str__(self) -> str:
        return f"figures of run {self.run_id}"
