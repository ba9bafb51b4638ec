"""Whom what has to be told, and the outbox of messages."""

from __future__ import annotations

from django.db import models

from jobpipe.ledger.models.incidents import Incident, IncidentChange


class NotificationState(models.TextChoices):
    QUEUED = "queued"
    SENT = "sent"
    # It was tried for a day and more.
    FAILED = "failed"


class Notification(models.Model):
    """One message on one channel: it is sent once, and again only where nobody knows whether it was."""

    # What makes it the only one of its kind; the Message-ID is made of it, and stays.
    key = models.CharField(max_length=200, unique=True)
    # A name of `people`, `role:` and a role, or `report:` and an import.
    recipient = models.CharField(max_length=200)
    # A name of `notify: channels`, or mail.
    channel = models.CharField(max_length=100)
    # Mail addresses.
    to = models.JSONField(default=list)
    subject = models.TextField()
    text = models.TextField()
    html = models.TextField(blank=True)
    # The same for programs, and attachments: [{"name": …, "type": …, "text": …}].
    payload = models.JSONField(default=dict)
    attachments = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=NotificationState.choices, default=NotificationState.QUEUED)
    created_at = models.DateTimeField()
    # Not before this.
    next_try = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    # Whoever sends it now, and until when nobody else may.
    claim = models.CharField(max_length=32, blank=True)
    claimed_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    # Of the last try, in words.
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["state", "next_try"], name="notifications_by_what_is_due"),)

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient}"


class NoticeState(models.TextChoices):
    WAITING = "waiting"
    TOLD = "told"
    # It was acknowledged, muted or gone before anybody was told, or there is nobody to tell.
    SILENT = "silent"


class Notice(models.Model):
    """One change of an incident that one recipient is to hear of: it waits until a message takes it along."""

    recipient = models.CharField(max_length=200)
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="notices")
    change = models.ForeignKey(IncidentChange, on_delete=models.CASCADE, related_name="notices")
    # opened reopened unmuted resolved, or escalated and the step
    action = models.CharField(max_length=16)
    urgent = models.BooleanField(default=False)
    # A channel of whose failure it tells: any other is better.
    not_by = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=NoticeState.choices, default=NoticeState.WAITING)
    message = models.ForeignKey(Notification, on_delete=models.SET_NULL, null=True, related_name="notices")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["change", "recipient", "action"], name="one_notice_a_change_and_recipient"),
        )
        indexes = (models.Index(fields=["state", "recipient"], name="notices_by_who_waits"),)

    def __str__(self) -> str:
        return f"{self.action}: incident {self.incident_id} for {self.recipient}"
