"""Figures for Prometheus, computed from the ledger when they are asked for: no process counts on its own, and none is
lost with one. The only labels are an import and its client, a destination, a state, an outcome, a kind: all bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db.models import Count
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from jobpipe.health.delivery_metrics import DeliveryFigures
from jobpipe.ledger.clock import ledger_time
from jobpipe.ledger.models import Incident, IncidentState, Run, RunState
from jobpipe.runs.scheduling.punctuality import ImportState
from jobpipe.runs.summaries import Figures, figures_of_all
from jobpipe.runs.workspace import Workspace

_OF_AN_IMPORT = ("import", "client")
_DAY = timedelta(days=1)


class Metrics:
    def __init__(self, workspace: Workspace) -> None:
        self._deliveries = DeliveryFigures(workspace)

    def text(self) -> bytes:
        """In Prometheus' text format."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Figures(self._deliveries))
        return generate_latest(registry)


class _Figures:
    def __init__(self, deliveries: DeliveryFigures) -> None:
        self._deliveries = deliveries

    def collect(self) -> Iterator[Metric]:
        now = ledger_time()
        imports = figures_of_all(now)
        yield _counted("jobpipe_imports", "Imports by state.", "state", [one.state for one in imports], ImportState)
        yield _import_states(imports)
        yield from _last_runs(imports)
        yield _by_state("jobpipe_runs_unfinished", "Runs that wait or are under way.", _unfinished())
        recent = Run.objects.filter(finished_at__gt=now - _DAY)
        yield _by_state("jobpipe_runs_last_day", "Runs that ended in the last 24 hours.", recent.values_list("state"))
        yield _incidents()
        yield from self._deliveries.collect(now)


def _unfinished() -> Iterable[tuple[str]]:
    return Run.objects.filter(state__in=(RunState.QUEUED, RunState.RUNNING)).values_list("state")


def _by_state(name: str, said: str, rows: Iterable[tuple[str]]) -> Metric:
    return _counted(name, said, "state", [state for (state,) in rows], ())


def _counted(name: str, said: str, label: str, values: list[str], always: Iterable[str]) -> Metric:
    family = GaugeMetricFamily(name, said, labels=[label])
    counted = Counter(values)
    for value in dict.fromkeys([*map(str, always), *sorted(counted)]):
        family.add_metric([value], counted[value])
    return family


def _import_states(imports: list[Figures]) -> Metric:
    family = GaugeMetricFamily(
        "jobpipe_import_state", "1 for the state that an import is in.", labels=[*_OF_AN_IMPORT, "state"]
    )
    for one in imports:
        family.add_metric([one.name, one.client, one.state], 1)
    return family


def _last_runs(imports: list[Figures]) -> Iterator[Metric]:
    live = GaugeMetricFamily("jobpipe_postings_live", "Live postings at the end of the last run.", labels=_OF_AN_IMPORT)
    account = GaugeMetricFamily(
        "jobpipe_last_run_records", "Records of the last run by outcome.", labels=[*_OF_AN_IMPORT, "outcome"]
    )
    seconds = GaugeMetricFamily("jobpipe_last_run_seconds", "What the last run took.", labels=_OF_AN_IMPORT)
    ended = GaugeMetricFamily(
        "jobpipe_last_run_end_timestamp_seconds", "When the last run ended.", labels=[*_OF_AN_IMPORT, "state"]
    )
    good = GaugeMetricFamily(
        "jobpipe_last_good_run_timestamp_seconds",
        "When the last run began that came to a good end.",
        labels=_OF_AN_IMPORT,
    )
    due = GaugeMetricFamily("jobpipe_next_due_timestamp_seconds", "When an import is due next.", labels=_OF_AN_IMPORT)
    for one in imports:
        labels = [one.name, one.client]
        if one.live is not None:
            live.add_metric(labels, one.live)
        if one.last_good is not None:
            good.add_metric(labels, one.last_good.timestamp())
        if one.next_due is not None:
            due.add_metric(labels, one.next_due.timestamp())
        if one.last_seconds is not None:
            seconds.add_metric(labels, one.last_seconds)
        for outcome, number in (one.last_account or {}).items():
            account.add_metric([*labels, outcome], number)
        if one.last_end is not None:
            ended.add_metric([*labels, one.last_state or ""], one.last_end.timestamp())
    yield from (live, account, seconds, ended, good, due)


def _incidents() -> Metric:
    family = GaugeMetricFamily("jobpipe_incidents", "Incidents that are not resolved.", labels=["kind", "state"])
    unresolved = Incident.objects.exclude(state=IncidentState.RESOLVED).order_by()
    for row in unresolved.values("kind", "state").annotate(number=Count("pk")):
        family.add_metric([row["kind"], row["state"]], row["number"])
    return family
