"""Incidents: groups of like errors, what each run saw of them, their history, and who holds which role."""

from __future__ import annotations

from django.db import models

from jobpipe.ledger.models.mappings import Scope
from jobpipe.ledger.models.runs import Run


class IncidentState(models.TextChoices):
    OPEN = "open"
    # Somebody has it in hand.
    ACKNOWLEDGED = "acknowledged"
    # Nobody is told of it until `muted_until`.
    MUTED = "muted"
    RESOLVED = "resolved"
    # It was gone, and is back: a regression.
    REOPENED = "reopened"


class Incident(models.Model):
    """Errors of one kind, at one place of an import, that say the same."""

    # `jobpipe.incidents.fingerprint`: 32 hexadecimal digits, the import among what they are made of.
    fingerprint = models.CharField(max_length=32, unique=True)
    # "" = of no import: of the project as a whole. One that never ran has no row to point to, but may have incidents.
    import_name = models.CharField(max_length=200, blank=True)
    client = models.CharField(max_length=200, blank=True)
    # A word of `jobpipe.incidents.kinds`.
    kind = models.CharField(max_length=40)
    # fetch, split, transform, apply, finish, deliver …; "" = it does not matter.
    stage = models.CharField(max_length=40, blank=True)
    step = models.CharField(max_length=100, blank=True)
    # Of the posting.
    field = models.CharField(max_length=200, blank=True)
    # As it was said the last time, and what to do about it.
    message = models.TextField()
    hint = models.TextField(blank=True)
    # File or URL, line, byte, for a person.
    place = models.TextField(blank=True)
    state = models.CharField(max_length=16, choices=IncidentState.choices, default=IncidentState.OPEN)
    muted_until = models.DateTimeField(null=True)
    # Whose it is: derived from who holds its role, and kept here as it was derived last.
    owner = models.CharField(max_length=200)
    # Whom a person has given it to; "" = whoever holds its role.
    assigned_to = models.CharField(max_length=200, blank=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    # 0 = no run's.
    first_run = models.PositiveBigIntegerField(default=0)
    last_run = models.PositiveBigIntegerField(default=0)
    # In the last run that saw it; of what no run saw: in all.
    count = models.PositiveBigIntegerField(default=0)
    # How often it came back after it was gone.
    regressions = models.PositiveIntegerField(default=0)
    resolved_at = models.DateTimeField(null=True)
    # `jobpipe.incidents.occurrence.Sample`, a few.
    samples = models.JSONField(default=list)
    # Of a bug: {"traceback": …, "versions": {…}}; of other kinds what they know besides.
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ("-last_seen", "-id")
        indexes = (
            # With all that the inbox counts by, so that nothing else is read for that.
            models.Index(fields=["state", "kind", "owner", "client"], name="incident_counted"),
            models.Index(fields=["state", "last_seen", "client"], name="incident_by_last_seen"),
            models.Index(fields=["import_name", "state"], name="incident_by_import_and_state"),
        )

    def __str__(self) -> str:
        return f"incident {self.pk}: {self.kind}"


class IncidentCount(models.Model):
    """How often one run saw an incident: one row a run, however many failures."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="counts")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="incident_counts")
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["incident", "run"], name="one_count_an_incident_and_run"),)

    def __str__(self) -> str:
        return f"{self.count} of incident {self.incident_id} in run {self.run_id}"


class IncidentChange(models.Model):
    """One line of an incident's history. Never changed."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="changes")
    # opened acknowledged muted unmuted assigned moved resolved reopened commented
    action = models.CharField(max_length=16)
    # States, or owners where it changed hands.
    before = models.CharField(max_length=200, blank=True)
    after = models.CharField(max_length=200, blank=True)
    # The run that showed it; null = a person or the clock did.
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="incident_changes")
    at = models.DateTimeField()
    # "" = job-pipe itself.
    by = models.CharField(max_length=200, blank=True)
    # In words.
    why = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["run", "action"], name="incident_changes_of_a_run"),)

    def __str__(self) -> str:
        return f"{self.action}: incident {self.incident_id}"


class RoleHolder(models.Model):
    """Who holds a role, as people decided: above what the files of the same scope say."""

    scope = models.CharField(max_length=8, choices=Scope.choices)
    # The name of the import or client; "" = global.
    owner = models.CharField(max_length=200, blank=True)
    role = models.CharField(max_length=40)
    person = models.CharField(max_length=200)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("scope", "owner", "role")
        constraints = (models.UniqueConstraint(fields=["scope", "owner", "role"], name="one_holder_a_role"),)

    def __str__(self) -> str:
        return f"{self.role} of {self.owner or 'all'}: {self.person}"


class Holiday(models.Model):
    """Days on which somebody else has a person's incidents."""

    person = models.CharField(max_length=200)
    substitute = models.CharField(max_length=200)
    # Both included.
    first_day = models.DateField()
    last_day = models.DateField()
    noted_at = models.DateTimeField()
    noted_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("first_day", "id")

    def __str__(self) -> str:
        return f"{self.person} by {self.substitute}, {self.first_day} to {self.last_day}"


class OwnerChange(models.Model):
    """One decision over who holds a role or stands in for whom. Never changed."""

    # set unset away back
    action = models.CharField(max_length=8)
    role = models.CharField(max_length=40, blank=True)
    scope = models.CharField(max_length=8, blank=True)
    owner = models.CharField(max_length=200, blank=True)
    before = models.CharField(max_length=200, blank=True)
    after = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=200, blank=True)
    # In words.
    why = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.action} {self.role}: {self.after}"
