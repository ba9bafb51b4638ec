"""Postings that a person excludes while a run goes on: its records, made under what counted before, bring none back."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from django.db.models import Max

from jobpipe.definition.overrides import PostingOverride
from jobpipe.documents.store import Role, Status, Written
from jobpipe.ledger.models import Override, OverrideScope
from jobpipe.runs.overrides.layers import single_postings_of

# Why a posting is excluded.
PERSON = "person"


def excluded_keys(owner: str) -> set[str]:
    """Of the postings of an import that are excluded today."""
    return {key for key, one in single_postings_of(owner).items() if one.excluded}


class TakenDown:
    """Asked once a writing; what the outcome of such a record is, is settled at the run's end."""

    def __init__(self, owner: str, postings: Mapping[str, PostingOverride]) -> None:
        """`postings`: what the run's records are made under."""
        self._owner = owner
        self._known = {key for key, one in postings.items() if one.excluded}
        # Nothing is asked before something is written.
        self._newest = -1
        self._keys: set[str] = set()

    def apply(self, written: list[Written]) -> list[Written]:
        """The batch, with what must not be live not live."""
        newest = self._last_change()
        if newest != self._newest:
            self._newest = newest
            self._keys = excluded_keys(self._owner) - self._known
        return [self._down(one) for one in written] if self._keys else written

    def _down(self, one: Written) -> Written:
        row = one.state
        if row.role is not Role.POSTING or row.status is not Status.LIVE or row.key not in self._keys:
            return one
        return Written(msgspec.structs.replace(row, status=Status.EXCLUDED, reason=PERSON), one.body)

    def _last_change(self) -> int:
        found = Override.objects.filter(scope=OverrideScope.POSTING, owner=self._owner)
        return found.aggregate(last=Max("revision"))["last"] or 0


def left_as_it_is(written: list[Written]) -> list[Written]:
    """For runs that are only tried out."""
    return written
