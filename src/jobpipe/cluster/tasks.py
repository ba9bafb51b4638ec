"""The tasks of a cluster. Each may be delivered more than once, and each ends in seconds or is acknowledged early."""

from __future__ import annotations

import contextlib
import logging
import threading
import time

from celery.exceptions import Reject
from django.db import InterfaceError, OperationalError, close_old_connections

from jobpipe.cluster import attempts, dispatching
from jobpipe.cluster.answers import AnswerSender, queue_of
from jobpipe.cluster.app import app, send
from jobpipe.cluster.broker import BrokerUnavailableError
from jobpipe.cluster.charges import HooksDifferError, Transformers
from jobpipe.cluster.child import Children
from jobpipe.cluster.deliverers import Deliverers
from jobpipe.cluster.member import Member, this_member
from jobpipe.cluster.messages import Answer, from_text, unpack_work
from jobpipe.cluster.queues import DELIVER, PROCESS
from jobpipe.ledger.models import BatchAttempt
from jobpipe.runs.executors.halving import DEATHS_BEFORE_HALVING
from jobpipe.runs.executors.worker import transform_batch

log = logging.getLogger("jobpipe.cluster")

# Seconds until a message that could not be worked on is given back, so that nobody turns in circles.
BEFORE_GIVING_BACK = 2.0

_transformers = Transformers()
_senders: dict[str, AnswerSender] = {}

# The conductors that this process has started.
children = Children()


@app.task(name="process", acks_late=True, reject_on_worker_lost=True)  # type: ignore[untyped-decorator]
def process(run: int, fence: int, unit: str, charge: str, hooks: str, work: str) -> None:
    """Transform one unit of a sitting's work; `work` is "" where it lies in the ledger.

    Acknowledged when the broker has the answer.
    """
    close_old_connections()
    member = this_member()
    try:
        answer = _answer(member, run, fence, unit, charge, hooks, work)
        if answer is not None:
            _sender(member).send(queue_of(run, fence), answer)
    except (OperationalError, InterfaceError, BrokerUnavailableError) as error:
        log.warning("unit %s of run %s is given back: %s", unit, run, error)
        time.sleep(BEFORE_GIVING_BACK)
        _take_back(run, fence, unit)
        raise Reject(error, requeue=True) from error


def _take_back(run: int, fence: int, unit: str) -> None:
    """As well as it can: three that are counted too many cost a batch its halving, and no record."""
    close_old_connections()
    with contextlib.suppress(OperationalError, InterfaceError):
        attempts.take_back(run, fence, unit)


def _answer(member: Member, run: int, fence: int, unit: str, charge: str, hooks: str, work: str) -> Answer | None:
    """None where nobody waits for it any more."""
    begun = attempts.begin(run, fence, unit)
    if not begun:
        return None
    if begun > DEATHS_BEFORE_HALVING:
        return Answer(unit, "died")
    try:
        transformer = _transformers.get(charge, member.project.hooks_source(), hooks)
        packed = from_text(work) if work else attempts.work_left(run, fence, unit)
        return Answer(unit, "done", transform_batch(transformer, unpack_work(packed)))
    except HooksDifferError:
        return Answer(unit, "refused", message=f"the worker {member.name} has another hooks.py than the conductor")
    except BatchAttempt.DoesNotExist:
        return None
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("unit %s of run %s", unit, run)
        return Answer(unit, "failed", message=f"{type(error).__name__}: {error}")


def _sender(member: Member) -> AnswerSender:
    broker = member.addresses.broker
    if broker not in _senders:
        _senders[broker] = AnswerSender(broker)
    return _senders[broker]


@app.task(name="conduct", acks_late=False)  # type: ignore[untyped-decorator]
def conduct(queue: str) -> None:
    """Conduct the import whose turn it is, in a process of its own; the ledger says which.

    The message is only a sign that one waits: it was acknowledged before this began, and what is lost with this
    process is found again by whoever keeps watch (`jobpipe.cluster.keeping`).
    """
    close_old_connections()
    member = this_member()
    taken = dispatching.claim(queue, member.name, may_be_long=children.has_room_for_a_long_one)
    if taken is None:
        return
    try:
        children.conduct(member.project.root, taken)
    finally:
        close_old_connections()
        dispatching.give_back(taken.dispatch, taken.sitting)
        if dispatching.waiting_in(queue):
            send_sign(queue)


@app.task(name="deliver", acks_late=False)  # type: ignore[untyped-decorator]
def deliver(name: str) -> None:
    """Deliver to a destination, in a process of its own, which this does not wait for.

    The message is only a sign: what waits, and who has the destination, the ledger says.
    """
    deliverers.deliver(this_member().project.root, name)


def send_batch(run: int, fence: int, unit: str, charge: str, hooks: str, work: str) -> None:
    send(process, PROCESS, run=run, fence=fence, unit=unit, charge=charge, hooks=hooks, work=work)


def send_sign(queue: str) -> None:
    """That an import waits in this queue."""
    send(conduct, queue, queue=queue)


def send_delivery(name: str) -> None:
    """That there is something for this destination: said once, since it is said again where it is lost."""
    send(deliver, DELIVER, patiently=False, name=name)


# The deliveries that this process has started.
deliverers = Deliverers(send_delivery)


def stop_children() -> None:
    """Let every conductor finish its batch and hand its run back, and every delivery its batch; does not wait."""
    for some in (children, deliverers):
        threading.Thread(target=some.stop, name="stop", daemon=True).start()
