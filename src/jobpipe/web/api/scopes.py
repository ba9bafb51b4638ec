"""What a token may be made for. A scope gives nothing that the account's role does not: both have to allow an act."""

from __future__ import annotations

import enum

from jobpipe.web.rights import Right


class Scope(enum.StrEnum):
    IMPORTS_READ = "imports:read"
    RUNS_READ = "runs:read"
    RUNS_START = "runs:start"
    RUNS_DECIDE = "runs:decide"
    POSTINGS_READ = "postings:read"
    POSTINGS_DECIDE = "postings:decide"
    INCIDENTS_READ = "incidents:read"
    INCIDENTS_ACT = "incidents:act"
    MAPPINGS_READ = "mappings:read"
    MAPPINGS_WRITE = "mappings:write"
    DESTINATIONS_READ = "destinations:read"
    NOTIFICATIONS_READ = "notifications:read"
    PUSH_WRITE = "push:write"

    @property
    def words(self) -> str:
        """For the page where tokens are made."""
        return _WORDS[self]

    @property
    def rights(self) -> tuple[Right, ...]:
        """The account needs one of them."""
        return _RIGHTS[self]


_WORDS = {
    Scope.IMPORTS_READ: "see imports and their health",
    Scope.RUNS_READ: "see runs and their accounts",
    Scope.RUNS_START: "start and cancel runs",
    Scope.RUNS_DECIDE: "accept or dismiss what held runs wait with",
    Scope.POSTINGS_READ: "read postings and their changes",
    Scope.POSTINGS_DECIDE: "exclude postings, and put them back",
    Scope.INCIDENTS_READ: "see incidents",
    Scope.INCIDENTS_ACT: "acknowledge, assign, mute and resolve incidents",
    Scope.MAPPINGS_READ: "see mappings and what is unmapped",
    Scope.MAPPINGS_WRITE: "set mappings",
    Scope.DESTINATIONS_READ: "see destinations and deliveries",
    Scope.NOTIFICATIONS_READ: "see what people were told",
    Scope.PUSH_WRITE: "send records to push imports",
}
_SEE = (Right.SEE, Right.CLIENT_SPACE)
_RIGHTS: dict[Scope, tuple[Right, ...]] = {
    Scope.IMPORTS_READ: _SEE,
    Scope.RUNS_READ: _SEE,
    Scope.RUNS_START: (Right.RUN,),
    Scope.RUNS_DECIDE: (Right.DECIDE,),
    Scope.POSTINGS_READ: _SEE,
    Scope.POSTINGS_DECIDE: (Right.EXCLUDE,),
    # A client's people are told of their imports in words of their own.
    Scope.INCIDENTS_READ: (Right.SEE,),
    Scope.INCIDENTS_ACT: (Right.INCIDENTS,),
    Scope.MAPPINGS_READ: _SEE,
    Scope.MAPPINGS_WRITE: (Right.MAP,),
    Scope.DESTINATIONS_READ: (Right.SEE,),
    Scope.NOTIFICATIONS_READ: (Right.NOTIFY,),
    # An applicant tracking system of the client sends its own postings.
    Scope.PUSH_WRITE: _SEE,
}
