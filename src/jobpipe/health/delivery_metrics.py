"""Figures of destinations for Prometheus: one label, the destination, of which a project has few."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from jobpipe.documents.delivered.store import Standing
from jobpipe.ledger.models import Destination
from jobpipe.runs.deliveries.overview import DestinationOverview, destination_overviews
from jobpipe.runs.workspace import Workspace

_STATES = ("new", "ok", "behind", "held", "down", "paused", "wrong")
_STANDINGS = {"there": Standing.THERE, "held_back": Standing.HELD, "refused": Standing.REFUSED}


class DeliveryFigures:
    """Counts of postings are kept until something is delivered: going through a million of them takes its time."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._counted: dict[int, tuple[tuple[object, ...], dict[Standing, int]]] = {}

    def collect(self, now: datetime) -> Iterator[Metric]:
        found = destination_overviews(self._workspace, self._workspace.project.destinations(), counted=False)
        yield _states(found)
        yield self._postings(found)
        yield from _lags(found, now)

    def _postings(self, found: list[DestinationOverview]) -> Metric:
        family = GaugeMetricFamily(
            "jobpipe_destination_postings",
            "Postings that a destination has, that were held back from it, and that it refuses.",
            labels=["destination", "standing"],
        )
        for one in found:
            if one.row is not None:
                counts = self._counts(one.row)
                for said, standing in _STANDINGS.items():
                    family.add_metric([one.name, said], counts[standing])
        return family

    def _counts(self, row: Destination) -> dict[Standing, int]:
        course = (row.definition, row.sequence, row.offset, str(row.sweep), row.last_success)
        known = self._counted.get(row.pk)
        if known is not None and known[0] == course:
            return known[1]
        counted = dict.fromkeys(Standing, 0)
        for (_, standing), count in self._workspace.delivered.counts(row.pk).items():
            counted[standing] += count
        self._counted[row.pk] = course, counted
        return counted


def _states(found: list[DestinationOverview]) -> Metric:
    family = GaugeMetricFamily("jobpipe_destinations", "Destinations by state.", labels=["state"])
    for state in _STATES:
        family.add_metric([state], sum(one.state == state for one in found))
    return family


def _lags(found: list[DestinationOverview], now: datetime) -> Iterator[Metric]:
    behind = GaugeMetricFamily(
        "jobpipe_destination_lists_behind",
        "Lists of changes that a destination has not followed yet; none is given while it compares all postings.",
        labels=["destination"],
    )
    failures = GaugeMetricFamily(
        "jobpipe_destination_failures", "Failures in a row since a destination last answered.", labels=["destination"]
    )
    silent = GaugeMetricFamily(
        "jobpipe_destination_seconds_since_success",
        "Seconds since a destination last took something.",
        labels=["destination"],
    )
    for one in found:
        if one.lists_behind is not None:
            behind.add_metric([one.name], one.lists_behind)
        if one.row is not None:
            failures.add_metric([one.name], one.row.failures)
            if one.row.last_success is not None:
                silent.add_metric([one.name], (now - one.row.last_success).total_seconds())
    yield from (behind, failures, silent)
