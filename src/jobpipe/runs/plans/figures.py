"""The figures of a plan, as one document: whole, stable, the same for a script, a terminal and a page."""

from __future__ import annotations

from itertools import islice
from typing import Any

from jobpipe.documents.store import Selection, Status
from jobpipe.runs.plans.effects import MAX_SAMPLES, Label
from jobpipe.runs.plans.trial import Trial

_SHOWN = ("new", "filtered", "closed", "duplicate")


def figures_of(trial: Trial, *, live_before: int, is_whole: bool) -> dict[str, Any]:
    """Of a trial that is over; `is_whole`: it went over all that is stored.

    `account`, `expired` and `live` mean what they mean of a run.
    """
    run, effects = trial.run, trial.effects
    # What is kept to its end has a digest; whether the source itself was whole then is the evidence's matter.
    missing = [part["why"] for _, part in sorted(trial.journal.parts.items()) if not part["digest"]]
    if run.state == "failed" and not missing:
        missing = [run.error]
    return {
        "state": run.state,
        "account": run.account,
        "reappeared": run.reappeared,
        "expired": run.expired,
        "live": {"before": live_before, "after": run.live},
        "left_behind": effects.left_behind(live_before, run.account["unchanged"]) if is_whole else 0,
        "fields": effects.fields.as_list(),
        "samples": {
            **{word: effects.samples.get(word, []) for word in _SHOWN},
            "expired": _expired(trial),
        },
        "no_longer_live": dict(sorted(effects.were_live.items())),
        "rejected": effects.rejected,
        "labels": {"unmapped": _labels(effects.unmapped), "mapped": _labels(effects.mapped)},
        "partial": bool(missing),
        "missing": missing,
        "complete": run.complete,
        "why": run.why,
        "notices": run.notices,
        "seconds": round(run.seconds, 3),
    }


def _expired(trial: Trial) -> list[dict[str, Any]]:
    selection = Selection(status=Status.EXPIRED, changed_in_run=trial.run.pk)
    found = trial.workspace.documents.select(trial.run.import_row_id, selection)
    rows = (row for row in found if row.reason in ("absent", "ended"))
    return [{"key": row.key, "title": row.title, "reason": row.reason} for row in islice(rows, MAX_SAMPLES)]


def _labels(counted: Any) -> list[dict[str, Any]]:
    """The most frequent first."""

    def order(item: tuple[Label, int]) -> tuple[int, Label]:
        return -item[1], item[0]

    return [
        {"table": table, "label": label, "postings": count}
        for (table, label), count in sorted(counted.items(), key=order)
    ]
