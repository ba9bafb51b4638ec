"""Where whatever serves a project is asked: how all is, and for the feeds that it hands out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from django.db import connections

from jobpipe.definition.project import Project
from jobpipe.definition.secret_values import resolve_target
from jobpipe.definition.targets import ServedTarget
from jobpipe.health.addresses import Application, HealthAddresses
from jobpipe.health.listening import listening
from jobpipe.health.metrics import Metrics
from jobpipe.health.readiness import Check
from jobpipe.runs.secret_values import environ_of
from jobpipe.runs.workspace import Workspace
from jobpipe.serving.feed_book import FeedBook
from jobpipe.serving.feeds import PREFIX, Feeds


@contextmanager
def answering(
    workspace: Workspace,
    checks: Callable[[], list[Check]],
    address: str,
    feeds_address: str = "",
    interface: Application | None = None,
) -> Iterator[tuple[str, str]]:
    """Gives the URLs of both, until the block ends; without a `feeds_address` they are one. `interface`: answers what
    nobody else does, at `address`.

    Raises UsageError where an address cannot be listened on.
    """
    project, metrics = workspace.project, Metrics(workspace)
    feeds = Feeds(FeedBook(project, partial(_login_of, project)))
    pages = {"/": interface} if interface is not None else {}
    with ExitStack() as listened:
        if not feeds_address:
            url = listened.enter_context(listening(HealthAddresses(metrics, checks, {PREFIX: feeds, **pages}), address))
            yield url, url
            return
        url = listened.enter_context(listening(HealthAddresses(metrics, checks, pages), address))
        yield url, listened.enter_context(listening(feeds, feeds_address))


def _login_of(project: Project, target: ServedTarget) -> str:
    try:
        return resolve_target(target, environ_of(project)).password
    finally:
        # A secret may be sealed in the ledger.
        connections.close_all()
