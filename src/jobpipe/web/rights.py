"""Who may do what, and see which imports: the one place that answers."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from jobpipe.ledger.models import Account, AccountRole, Import, Incident, Run


class Right(enum.Enum):
    """What a route may need. `NOBODY` needs no login."""

    NOBODY = "nobody"
    # One's own account: password, second factor, tokens.
    SELF = "self"
    # The pages of the house.
    SEE = "see"
    # The pages of a client's own space.
    CLIENT_SPACE = "client space"
    RUN = "run"
    DECIDE = "decide over runs"
    PAUSE = "pause"
    DEFINE = "write definitions"
    MAP = "map"
    RULE = "write rules"
    EXCLUDE = "exclude and correct postings"
    INCIDENTS = "handle incidents"
    DELIVER = "deliver"
    NOTIFY = "see and test notifications"
    ACCOUNTS = "manage accounts"
    AUDIT = "read the audit log"


_STAFF = {Right.SELF, Right.SEE}
_RIGHTS: dict[str, frozenset[Right]] = {
    AccountRole.ADMIN: frozenset(Right),
    AccountRole.DEVELOPER: frozenset(
        {
            *_STAFF,
            *(Right.RUN, Right.DECIDE, Right.PAUSE, Right.DEFINE, Right.MAP, Right.RULE, Right.EXCLUDE),
            *(Right.INCIDENTS, Right.DELIVER),
        }
    ),
    AccountRole.OPERATOR: frozenset(
        {*_STAFF, Right.RUN, Right.DECIDE, Right.PAUSE, Right.EXCLUDE, Right.INCIDENTS, Right.DELIVER, Right.NOTIFY}
    ),
    AccountRole.ACCOUNT_MANAGER: frozenset(
        {
            *_STAFF,
            *(Right.CLIENT_SPACE, Right.DECIDE, Right.PAUSE, Right.MAP, Right.RULE, Right.EXCLUDE, Right.INCIDENTS),
        }
    ),
    AccountRole.CLIENT: frozenset({Right.SELF, Right.CLIENT_SPACE, Right.MAP, Right.RULE, Right.EXCLUDE}),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewer:
    """Whose rights count in one request."""

    # Of the account, for the audit log.
    name: str
    role: str
    # Whose incidents are theirs: a name of `people`.
    person: str
    language: str = "en"
    # The clients whose imports may be seen; None = all.
    clients: frozenset[str] | None = None
    # Staff who look as a client does: nothing can be changed. "" = they do not.
    looks_as: str = ""

    def may(self, right: Right) -> bool:
        return right in _RIGHTS[self.role]

    @property
    def is_client(self) -> bool:
        return self.role == AccountRole.CLIENT

    @property
    def sees_all(self) -> bool:
        return self.clients is None


def viewer_of(account: Account, *, as_client: str = "") -> Viewer:
    """`as_client`: whose space a member of the staff looks at; "" or one that they may not see = as themselves."""
    viewer = Viewer(
        name=account.name,
        role=account.role,
        person=account.person or account.name,
        language=account.language,
        clients=_clients_of(account),
    )
    if not as_client or viewer.is_client or not viewer.may(Right.CLIENT_SPACE) or not may_see_client(viewer, as_client):
        return viewer
    return replace(viewer, role=AccountRole.CLIENT, clients=frozenset({as_client}), looks_as=as_client)


def _clients_of(account: Account) -> frozenset[str] | None:
    """Staff see all, but an account manager who looks after some sees those; a client's people see theirs, and where
    none is named nothing."""
    if account.role not in (AccountRole.CLIENT, AccountRole.ACCOUNT_MANAGER):
        return None
    named = frozenset(account.clients.values_list("client", flat=True))
    return named if named or account.role == AccountRole.CLIENT else None


def visible_imports(viewer: Viewer) -> QuerySet[Import]:
    return Import.objects.all() if viewer.clients is None else Import.objects.filter(client__in=viewer.clients)


def visible_runs(viewer: Viewer) -> QuerySet[Run]:
    return Run.objects.all() if viewer.clients is None else Run.objects.filter(import_row__client__in=viewer.clients)


def visible_incidents(viewer: Viewer) -> QuerySet[Incident]:
    """What is of no import is the house's own."""
    if viewer.clients is None:
        return Incident.objects.all()
    return Incident.objects.filter(client__in=viewer.clients).exclude(client="")


def may_see_import(viewer: Viewer, name: str) -> bool:
    """One that never ran has no row: only those who see all see it."""
    return viewer.clients is None or visible_imports(viewer).filter(name=name).exists()


def may_see_client(viewer: Viewer, client: str) -> bool:
    return viewer.clients is None or client in viewer.clients


def may_touch(viewer: Viewer) -> frozenset[str] | None:
    """The imports over whose postings the viewer decides; None = all."""
    return None if viewer.clients is None else frozenset(visible_imports(viewer).values_list("name", flat=True))


def visible_names(viewer: Viewer, names: Iterable[str]) -> list[str]:
    """Those of the imports that may be seen, in their order."""
    if viewer.clients is None:
        return list(names)
    visible = set(visible_imports(viewer).values_list("name", flat=True))
    return [name for name in names if name in visible]
