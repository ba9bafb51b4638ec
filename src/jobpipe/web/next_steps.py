"""Where one goes from an incident: pages on which its cause is looked at or mended, by its kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from django.utils.http import urlencode

from jobpipe.ledger.models import Incident
from jobpipe.web.rights import Right, Viewer


@dataclass(frozen=True, slots=True)
class NextStep:
    words: str
    address: str
    needs: Right
    # What it is of; without that there is no such page.
    of: str = "import"


_FILE = re.compile(r"destinations/([^/:]+)\.yaml")
Making = Callable[[Incident], NextStep]


def _definition(one: Incident) -> NextStep:
    words = "Change the definition, with its records before you"
    return NextStep(words, f"/imports/{one.import_name}/definition/draft?incident={one.pk}", Right.DEFINE)


def _preview(one: Incident) -> NextStep:
    words = "See what the source gives, and change the definition"
    return NextStep(words, f"/imports/{one.import_name}/definition/draft?show=preview", Right.DEFINE)


def _written(one: Incident) -> NextStep:
    words = "See where the definition is wrong, and mend it"
    return NextStep(words, f"/imports/{one.import_name}/definition/draft", Right.DEFINE)


def _labels(one: Incident) -> NextStep:
    return NextStep("Give these labels a meaning", f"/mappings/?{urlencode({'import': one.import_name})}", Right.MAP)


def _decide(one: Incident) -> NextStep:
    return NextStep(f"Decide over run {one.last_run}", f"/runs/{one.last_run}/", Right.SEE, of="run")


def _changes(one: Incident) -> NextStep:
    return NextStep(f"See what run {one.last_run} changed", f"/runs/{one.last_run}/changes/", Right.SEE, of="run")


def _rejected(one: Incident) -> NextStep:
    return NextStep("See all that was rejected", f"/runs/{one.last_run}/rejected/", Right.SEE, of="run")


def _log(one: Incident) -> NextStep:
    return NextStep(f"Read the log of run {one.last_run}", f"/runs/{one.last_run}/log/", Right.SEE, of="run")


def _destination(one: Incident) -> NextStep:
    """Its file is the place of what is told of it."""
    named = _FILE.match(one.place)
    if named is None:
        return NextStep("See the destinations", "/destinations/", Right.SEE, of="house")
    return NextStep(f"See the destination {named[1]}", f"/destinations/{quote(named[1])}/", Right.SEE, of="house")


def _runs(one: Incident) -> NextStep:
    return NextStep("See its last runs", f"/imports/{one.import_name}/", Right.SEE)


_BY_KIND: dict[str, tuple[Making, ...]] = {
    "source-changed-shape": (_preview, _log),
    "source-forbidden": (_written, _log),
    **dict.fromkeys(("source-held", "source-suspected", "source-in-doubt"), (_decide,)),
    **dict.fromkeys(("source-shrank", "source-flapping", "count-fell", "values-shifted"), (_changes,)),
    "key-repeats": (_written, _rejected),
    **dict.fromkeys(("posting-invalid", "hook-failed", "record-met-bug"), (_definition, _rejected)),
    **dict.fromkeys(("record-malformed", "record-killed-worker"), (_rejected, _definition)),
    "label-unmapped": (_labels,),
    **dict.fromkeys(("fields-gone", "texts-alike", "texts-damaged"), (_preview, _changes)),
    "source-stale": (_runs,),
    "definition-invalid": (_written,),
    **dict.fromkeys(("run-interrupted", "run-failed"), (_log,)),
    **dict.fromkeys(("run-skipped", "late", "down"), (_runs,)),
    **dict.fromkeys(("delivery-refused", "destination-down", "destination-wrong", "snapshot-held"), (_destination,)),
    "held-back-mapping": (_labels, _destination),
    "held-back-definition": (_preview, _destination),
    **dict.fromkeys(("held-back-source", "held-back-delivery"), (_destination,)),
}
# Of the other troubles of a source, and of what is new.
_OTHERWISE: tuple[Making, ...] = (_log,)


def next_steps(one: Incident, viewer: Viewer) -> list[NextStep]:
    """The most useful first; [] = there is no page for it, or none that may be seen."""
    has = {"import": bool(one.import_name), "run": bool(one.last_run), "house": viewer.sees_all}
    made = [make(one) for make in _BY_KIND.get(one.kind, _OTHERWISE)]
    return [step for step in made if has[step.of] and viewer.may(step.needs)]
