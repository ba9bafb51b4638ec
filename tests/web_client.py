"""The interface asked without a server: one project, clients of each role."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hashers, get_hashers_by_algorithm
from django.test import Client
from project_folder import ProjectFolder

from jobpipe.ledger.models import Account, AccountRole, WebSession
from jobpipe.runs.workspace import Workspace
from jobpipe.web import project as shown_project
from jobpipe.web.making_accounts import make_account
from jobpipe.web.sessions import COOKIE, digest_of
from jobpipe.web.settings import configure

PASSWORD = "a long enough phrase"


class FewRounds(PBKDF2PasswordHasher):
    """The hashes of tests need not hold anybody up."""

    iterations = 10


@contextmanager
def shown(folder: ProjectFolder) -> Iterator[Workspace]:
    """The interface shows this project, until the block ends."""
    with folder.open() as workspace:
        show(workspace)
        yield workspace


def show(workspace: Workspace) -> None:
    """From now on pages are of this project."""
    configure(workspace.project)
    settings.PASSWORD_HASHERS = [f"{FewRounds.__module__}.{FewRounds.__name__}"]
    get_hashers.cache_clear()
    get_hashers_by_algorithm.cache_clear()
    shown_project.show(workspace)


def account(role: str = AccountRole.ADMIN, *clients: str, name: str = "") -> Account:
    name = name or f"{role}-{'-'.join(clients) or 'all'}".replace(" ", "-")
    return Account.objects.filter(name=name).first() or make_account(name, PASSWORD, role, clients=clients)


def logged_in(who: Account, *, checks_csrf: bool = False) -> Client:
    key = secrets.token_urlsafe(16)
    now = datetime.now(UTC)
    WebSession.objects.create(
        digest=digest_of(key), account=who, created_at=now, last_seen=now, expires_at=now + timedelta(days=1)
    )
    client = Client(enforce_csrf_checks=checks_csrf)
    client.cookies[COOKIE] = key
    return client


def web_project(root: Path, definition: str) -> ProjectFolder:
    return ProjectFolder(root, definition)
