"""What a person says who lets imports rest: why, until when, and what becomes of their postings."""

from __future__ import annotations

from dataclasses import dataclass

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Standing
from jobpipe.runs.pausing import EXPIRE, KEEP, Wish, moment_of
from jobpipe.safety.secrets import redact
from jobpipe.web.project import workspace
from jobpipe.web.routes import Request

_FIELDS = ("reason", "until", "postings")


@dataclass(frozen=True, slots=True)
class PauseForm:
    asked: dict[str, str]
    # Field -> what is wrong there; {} = the wish can be granted.
    wrong: dict[str, str]
    wish: Wish | None


def pause_form(request: Request) -> PauseForm:
    """The reason and what becomes of the postings must be said; without an end they rest until they are resumed."""
    asked = {name: request.POST.get(name, "").strip() for name in _FIELDS}
    wrong = {}
    if not asked["reason"]:
        wrong["reason"] = "Say why, for whoever asks later."
    if asked["postings"] not in (KEEP, EXPIRE):
        wrong["postings"] = "Say what becomes of the postings: there is no default."
    until = None
    try:
        until = moment_of(workspace().project, asked["until"]) if asked["until"] else None
    except UsageError as error:
        wrong["until"] = redact(error.message)
    if wrong:
        return PauseForm(asked, wrong, None)
    wish = Wish(
        standing=Standing.PAUSED,
        by=request.viewer.name,
        reason=asked["reason"],
        until=until,
        postings=asked["postings"],
    )
    return PauseForm(asked, {}, wish)
