"""Summaries of imports say what is derived from the ledger, whatever was written to it and by whatever way."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from engines import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from project_folder import ProjectFolder

from jobpipe.incidents.states import acknowledge
from jobpipe.ledger.models import (
    Import,
    ImportDecision,
    ImportSummary,
    Incident,
    IncidentState,
    Run,
    RunKind,
    RunState,
    ScheduledImport,
    StaleSummary,
    Standing,
)
from jobpipe.runs.overview import Overview, overviews, worst_first
from jobpipe.runs.stale_summaries import derive, read_stale
from jobpipe.runs.summaries import IN_FULL, WORST_FIRST, Figures, bring_up_to_date, figures_of_all, shown, summaries

NAMES = ("anna", "bert", "carl")
NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)

names = st.sampled_from(NAMES)
hours = st.integers(0, 400)
some = st.integers(0, 3)
states = st.sampled_from(RunState.values)
incident_states = st.sampled_from(IncidentState.values)


def begin(name: str, ago: int, state: str, kind: str) -> None:
    Run.objects.create(
        import_row=Import.objects.get(name=name),
        kind=kind,
        state=state,
        started_at=NOW - timedelta(hours=ago),
        finished_at=None if state in (RunState.QUEUED, RunState.RUNNING) else NOW - timedelta(hours=ago),
        live=ago,
        # It had begun, whatever came of it.
        sequence=Run.objects.count() + 1 if ago % 2 else None,
    )


def end(which: int, state: str, seconds: int) -> None:
    """As those do that write without a row in their hands."""
    run = Run.objects.order_by("-pk")[which : which + 1].first()
    if run is not None:
        Run.objects.filter(pk=run.pk).update(state=state, finished_at=run.started_at, seconds=seconds, live=seconds)


def prune(which: int) -> None:
    Run.objects.filter(pk__in=list(Run.objects.order_by("pk").values_list("pk", flat=True)[:which])).delete()


def schedule(name: str, text: str, ago: int, grace: int) -> None:
    ScheduledImport.objects.update_or_create(
        import_row=Import.objects.get(name=name),
        defaults={"schedule": text, "zone": "UTC", "grace": grace, "known_since": NOW - timedelta(hours=ago)},
    )


def decide(name: str, standing: str, ends: int | None) -> None:
    until = None if ends is None else NOW + timedelta(hours=ends - 200)
    ImportDecision.objects.create(import_row=Import.objects.get(name=name), standing=standing, at=NOW, until=until)


def meet(name: str, number: int, state: str) -> None:
    Incident.objects.bulk_create(
        Incident(
            fingerprint=f"{name}{number}{Incident.objects.count()}{one}",
            import_name=name,
            kind="bug",
            state=state,
            owner="ines",
            first_seen=NOW,
            last_seen=NOW,
        )
        for one in range(number)
    )


def take_in_hand(which: int) -> None:
    incident = Incident.objects.filter(state=IncidentState.OPEN)[which : which + 1].first()
    if incident is not None:
        acknowledge(incident.pk, by="ines")


def move(before: str, after: str, state: str) -> None:
    Incident.objects.filter(import_name=before).update(import_name=after, state=state)


def add(name: str) -> None:
    Import.objects.get_or_create(name=f"{name}-new", defaults={"client": "Acme"})


def done(act: Callable[..., None], *given_with: Any) -> Any:
    return st.tuples(st.just(act), *given_with)


writings = st.one_of(
    done(begin, names, hours, states, st.sampled_from(RunKind.values)),
    done(end, some, states, st.integers(0, 90_000)),
    done(prune, some),
    done(schedule, names, st.sampled_from(("", "@daily", "every 4h", "0 3 * * 1")), hours, st.integers(0, 9_000)),
    done(decide, names, st.sampled_from(Standing.values), st.none() | hours),
    done(meet, names, some, incident_states),
    done(take_in_hand, some),
    done(move, names, names, incident_states),
    done(add, names),
)
# Something is written, and some time later somebody looks.
steps = st.lists(st.tuples(st.lists(writings, min_size=1, max_size=2), st.integers(0, 2_000)), min_size=1, max_size=8)


def said(one: Overview) -> dict[str, Any]:
    decision, last = one.decision, one.last
    return {
        "name": one.name,
        "punctuality": one.punctuality,
        "schedule": one.schedule,
        "last": (last.pk, last.state, last.started_at) if last is not None else None,
        "last_good": one.last_good,
        "live": (one.live, one.live_a_week_ago),
        "decision": decision.pk if decision is not None else None,
        "incidents": one.incidents,
    }


def told(one: Overview) -> dict[str, Any]:
    """Of what the API tells besides."""
    last, scheduled = one.last, one.scheduled
    return said(one) | {
        "of": (one.number, one.client, one.state, one.held.pk if one.held is not None else None),
        "run": (last.kind, last.finished_at, last.error) if last is not None else None,
        "plan": (scheduled.next_due, scheduled.fault) if scheduled is not None else None,
    }


def figures(one: Overview) -> Figures:
    """Of what /metrics tells."""
    last = one.last
    of_run = (last.state, last.seconds, last.account, last.finished_at) if last is not None else (None,) * 4
    return Figures(one.name, one.client, one.state, one.live, one.last_good, one.next_due, *of_run)


def agree(now: datetime) -> None:
    derived = overviews(now)
    assert figures_of_all(now) == [figures(one) for one in derived]
    everything = shown(summaries(now).order_by("import_row__name"), now, of_last_run=IN_FULL)
    assert [told(one) for one in everything] == [told(one) for one in derived]
    bring_up_to_date(now)
    found = shown(summaries(now).order_by(*WORST_FIRST), now)
    assert [said(one) for one in found] == [said(one) for one in worst_first(overviews(now))]


@settings(max_examples=examples(25), deadline=None)
@given(steps)
def test_a_list_of_summaries_is_the_list_of_what_is_derived_after_any_history(history: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder, ProjectFolder(Path(folder) / "project").open():
        for name in NAMES:
            Import.objects.create(name=name, client="Acme")
            begin(name, 30, RunState.SUCCEEDED, RunKind.IMPORT)
            schedule(name, "@daily", 100, 60)
        now = NOW
        for written, minutes in history:
            for act, *with_these in written:
                act(*with_these)
            now += timedelta(minutes=minutes)
            agree(now)


# Each with whether the summary depends on it.
WRITES: dict[str, tuple[Callable[[], object], bool]] = {
    "a run begins": (lambda: begin("anna", 3, RunState.RUNNING, RunKind.IMPORT), True),
    "a run goes on": (lambda: Run.objects.filter(state=RunState.RUNNING).update(seconds=4), False),
    "a run ends": (lambda: Run.objects.filter(seconds=4).update(state=RunState.PARTIAL, finished_at=NOW), True),
    "it took longer": (lambda: Run.objects.filter(state=RunState.PARTIAL).update(seconds=5), True),
    "its notices are written": (lambda: Run.objects.update(notices=[{"kind": "guard", "message": "no"}]), False),
    "it is pruned": (lambda: Run.objects.filter(seconds=5).delete(), True),
    "a schedule is read": (lambda: schedule("anna", "@daily", 100, 60), True),
    "it is another": (lambda: schedule("anna", "@hourly", 100, 60), True),
    "it is due": (lambda: ScheduledImport.objects.update(next_due=NOW), False),
    "it has none": (lambda: ScheduledImport.objects.all().delete(), True),
    "it is paused": (lambda: decide("anna", Standing.PAUSED, None), True),
    "incidents are met": (lambda: meet("anna", 2, IncidentState.OPEN), True),
    "one is in hand": (lambda: take_in_hand(0), True),
    "one is said otherwise": (lambda: Incident.objects.update(message="other"), False),
    "they are forgotten": (lambda: Incident.objects.all().delete(), True),
}


def test_whatever_a_summary_depends_on_makes_it_stale(tmp_path: Path) -> None:
    with ProjectFolder(tmp_path / "project").open():
        owner = Import.objects.create(name="anna")
        for words, (write, matters) in WRITES.items():
            agree(NOW)
            write()
            assert (words, StaleSummary.objects.filter(import_number=owner.pk).exists()) == (words, matters)
        agree(NOW)


def test_a_run_that_was_cancelled_counts_where_it_had_begun(tmp_path: Path) -> None:
    with ProjectFolder(tmp_path / "project").open():
        Import.objects.create(name="anna")
        begin("anna", 30, RunState.SUCCEEDED, RunKind.IMPORT)
        begin("anna", 4, RunState.CANCELLED, RunKind.IMPORT)
        agree(NOW)
        assert figures_of_all(NOW)[0].last_state == RunState.SUCCEEDED
        begin("anna", 3, RunState.CANCELLED, RunKind.IMPORT)
        agree(NOW)
        assert figures_of_all(NOW)[0].last_state == RunState.CANCELLED


def test_imports_are_told_where_the_ledger_takes_nothing(tmp_path: Path) -> None:
    with ProjectFolder(tmp_path / "project").open():
        Import.objects.create(name="anna")
        begin("anna", 3, RunState.FAILED, RunKind.IMPORT)
        with connection.execute_wrapper(_refuse_writing):
            assert figures_of_all(NOW) == [figures(one) for one in overviews(NOW)]


def _refuse_writing(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    if "INSERT" in sql:
        raise OperationalError("database or disk is full")
    return execute(sql, *rest)


def test_what_is_written_while_a_summary_is_derived_is_not_undone(tmp_path: Path) -> None:
    with ProjectFolder(tmp_path / "project").open():
        Import.objects.create(name="anna")
        begin("anna", 30, RunState.SUCCEEDED, RunKind.IMPORT)
        _, read_before = read_stale()
        begin("anna", 3, RunState.FAILED, RunKind.IMPORT)
        _, read_after = read_stale()
        assert derive(read_after, NOW) == 1
        assert derive(read_before, NOW) == 0
        agree(NOW)


def test_what_is_written_after_it_was_read_is_derived_at_the_next_look(tmp_path: Path) -> None:
    with ProjectFolder(tmp_path / "project").open():
        Import.objects.create(name="anna")
        _, read_before = read_stale()
        begin("anna", 3, RunState.FAILED, RunKind.IMPORT)
        derive(read_before, NOW)
        assert StaleSummary.objects.exists()
        agree(NOW)
        assert not StaleSummary.objects.exists()


def test_two_statements_derive_what_is_stale_of_any_number_of_imports(tmp_path: Path) -> None:
    with ProjectFolder(tmp_path / "project").open():
        Import.objects.bulk_create(Import(name=f"many-{number}") for number in range(700))
        with CaptureQueriesContext(connection) as asked:
            bring_up_to_date(NOW)
        assert len(asked) == 2
        assert ImportSummary.objects.count() == 700
        with CaptureQueriesContext(connection) as asked:
            bring_up_to_date(NOW)
        assert len(asked) == 1


def test_an_older_ledger_gets_the_summaries_of_what_it_holds(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    with project.open():
        owner = Import.objects.create(name="offers")
        begin("offers", 3, RunState.FAILED, RunKind.IMPORT)
        agree(NOW)
        call_command("migrate", "ledger", "0020", verbosity=0)
        call_command("migrate", "ledger", verbosity=0)
        assert not ImportSummary.objects.exists()
        agree(NOW)
        assert ImportSummary.objects.get(pk=owner.pk).last_state == RunState.FAILED
