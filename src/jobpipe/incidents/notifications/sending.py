"""Sending what is in the outbox, channel by channel; a channel that fails is an incident of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from jobpipe.definition.project import Project
from jobpipe.errors import JobpipeError
from jobpipe.incidents.kinds import KINDS
from jobpipe.incidents.notifications.channels import ChannelError, Envelope, open_channel
from jobpipe.incidents.notifications.collecting import FAILED_CHANNEL, collect, escalate
from jobpipe.incidents.notifications.composing import compose
from jobpipe.incidents.notifications.outbox import claim_next, mark_failed, mark_sent
from jobpipe.incidents.occurrence import Occurrence
from jobpipe.incidents.recording import record, resolve_gone
from jobpipe.ledger.models import Incident, IncidentState, Notification
from jobpipe.safety.secrets import redact

log = logging.getLogger("jobpipe.notifications")

# Tries of one message after which its channel is said to fail.
PATIENCE = 2
# Messages of one pass.
_AT_MOST = 500
assert FAILED_CHANNEL in KINDS


@dataclass(kw_only=True, slots=True)
class Sent:
    """What one pass did."""

    composed: int = 0
    sent: int = 0
    failed: int = 0


def tell_people(project: Project, now: datetime, environ: Mapping[str, str]) -> Sent:
    """One pass: changes become notices, notices messages; messages that are due are sent.

    `environ`: what `${NAME}` stands for.
    """
    done = Sent()
    if not project.settings.notify.is_on:
        return done
    collect(project, now)
    escalate(project, now)
    done.composed = compose(project, now)
    send_outbox(project, lambda: now, environ, done)
    return done


def send_outbox(project: Project, clock: Callable[[], datetime], environ: Mapping[str, str], done: Sent) -> None:
    """A channel that fails is left alone for the rest of the pass."""
    failing: set[str] = set()
    for _ in range(_AT_MOST):
        one = claim_next(clock(), without=frozenset(failing))
        if one is None:
            return
        try:
            deliver(project, one, environ)
        except ChannelError as error:
            failing.add(one.channel)
            done.failed += 1
            _note_failure(project, one, redact(str(error)), clock())
        else:
            done.sent += 1
            mark_sent(one, clock())
            _note_success(one.channel)


def deliver(project: Project, one: Notification, environ: Mapping[str, str]) -> None:
    """Raises ChannelError, whatever the channel meets."""
    try:
        channel = open_channel(project, one.channel, environ)
        channel(Envelope.of(one))
    except ChannelError:
        raise
    except JobpipeError as error:
        raise ChannelError(str(error)) from error
    except Exception as error:
        raise ChannelError(f"{type(error).__name__}: {error}") from error


def _note_failure(project: Project, one: Notification, said: str, now: datetime) -> None:
    mark_failed(one, said, now)
    log.warning("a message to %s by %s was not sent: %s", one.recipient, one.channel, said)
    if one.attempts < PATIENCE:
        return
    # Whoever hears of it hears by another channel (`Notice.not_by`); one that is known to fail speaks no more.
    met = Occurrence(
        kind=FAILED_CHANNEL,
        message=f"the channel {one.channel} takes no messages: {said}",
        hint=f"jobpipe notify test {one.recipient}" if ":" not in one.recipient else "",
        stage="notify",
        identity=one.channel,
        details={"channel": one.channel},
    )
    record(project, [met])


def _note_success(channel: str) -> None:
    failed = Incident.objects.filter(kind=FAILED_CHANNEL).exclude(state=IncidentState.RESOLVED)
    others = [one.fingerprint for one in failed if one.details.get("channel") != channel]
    if len(others) < failed.count():
        resolve_gone("", [FAILED_CHANNEL], still=others, why=f"{channel} takes messages again")
