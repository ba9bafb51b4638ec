"""Expiry by absence, replayed: the days on which others lost live postings (evidence, misses, guard, flapping)."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from jobpipe.lifecycle.doubt import doubted_since
from jobpipe.lifecycle.evidence import Accepted, PartEvidence, Reading, is_round, weigh
from jobpipe.lifecycle.expiry import Course, PastRun, Rule, Today, check_guard, plan_expiry

START = datetime(2026, 11, 2, 4, tzinfo=UTC)


@dataclass
class Source:
    """An import's life as the rules see it: one key a posting, one run every few hours."""

    rule: Rule = field(default_factory=lambda: Rule(guard=30.0, misses=1))
    hours: float = 4.0
    live: set[int] = field(default_factory=set)
    missing_since: dict[int, int] = field(default_factory=dict)
    past: list[PastRun] = field(default_factory=list)
    expired: set[int] = field(default_factory=set)
    held: int = 0
    said: list[str] = field(default_factory=list)
    accepted: Accepted = field(default_factory=Accepted)

    def run(self, listed: set[int], *, complete: bool = True, total: int | None = None) -> str:
        number = len(self.past) + 1
        at = START + timedelta(hours=self.hours * number)
        missing = self.live - listed
        new = listed - self.live
        before = next((run for run in self.past if run.complete), None)
        evidence = weigh(
            Reading(
                parts=[PartEvidence(location="feed", complete=complete, why="cut off", stated_total=total)],
                read=len(listed),
                read_before=before.read if before else None,
                missing=len(missing),
                new=len(new),
                accepted=self.accepted,
            )
        )
        returned = self._welcome_back(listed)
        self.live |= listed
        state, gone = "succeeded" if evidence.complete else "partial", set()
        if evidence.complete:
            state, gone = self._settle(number, at, missing, len(listed), returned)
        self.past.insert(
            0,
            PastRun(
                run=number,
                at=at,
                complete=evidence.complete,
                was_held=state == "held",
                read=len(listed),
                live=len(self.live),
                absent=len(gone),
                returned=returned,
            ),
        )
        return state

    def _welcome_back(self, listed: set[int]) -> int:
        believed = {run.run for run in self.past if run.complete and not run.was_held}
        back = [key for key in self.missing_since if key in listed]
        returned = sum(self.missing_since.pop(key) in believed for key in back) + len(listed & self.expired)
        self.expired -= listed
        return returned

    def _settle(self, number: int, at: datetime, missing: set[int], read: int, returned: int) -> tuple[str, set[int]]:
        today = Today(at=at, read=read, live=len(self.live), missing=len(missing), returned=returned)
        plan = plan_expiry(today, self.past, self.rule)
        for key in missing:
            self.missing_since.setdefault(key, number)
        due = {key for key, since in self.missing_since.items() if self._misses(since) >= plan.misses}
        if plan.kind != "empty" and (guard := check_guard(len(due), today, self.past, self.rule)):
            plan = guard
        if plan.why:
            self.said.append(plan.kind)
        if plan.course is not Course.EXPIRE:
            self.held += plan.course is Course.HOLD
            return "held" if plan.course is Course.HOLD else "succeeded", set()
        self.live -= due
        self.expired |= due
        for key in due:
            del self.missing_since[key]
        return "succeeded", due

    def _misses(self, since: int) -> int:
        return 1 + sum(run.complete and run.run >= since for run in self.past)


def listing(*sizes: int) -> list[set[int]]:
    return [set(range(size)) for size in sizes]


@pytest.mark.parametrize("misses", [1, 3])
def test_a_day_of_failed_pages_expires_nothing(misses: int) -> None:
    """A public health board: some 11,800 live; one day its listing gave these numbers, with a fifth in flux."""
    dice = random.Random(7)
    source = Source(Rule(guard=30.0, misses=misses), hours=3)
    everything = set(range(11_800))
    source.run(everything)
    for size in (9_526, 104, 9_661, 9_522, 2_079, 9_529, 9_534, 9_576) * 2:
        source.run(set(dice.sample(sorted(everything), size)))
    assert source.live == everything
    assert not source.expired
    assert "flapping" in source.said


def test_a_fifth_that_vanishes_and_returns_expires_nothing() -> None:
    source = Source()
    for number in range(30):
        source.run(set(range(1_003)) if number % 2 == 0 else set(range(803)))
    assert not source.expired


def test_a_listing_capped_at_a_round_number_expires_nothing() -> None:
    source = Source()
    source.run(set(range(60_000)))
    for day in range(1, 6):
        newest = set(range(day * 100, 60_000 + day * 100))
        assert source.run(set(sorted(newest)[-50_000:])) in ("partial", "held")
    assert not source.expired


def test_five_hundred_of_fourteen_hundred_expire_nothing() -> None:
    source = Source()
    source.run(set(range(1_400)))
    for _ in range(5):
        assert source.run(set(range(900, 1_400))) in ("partial", "held")
    assert not source.expired


def test_a_cap_that_a_person_accepts_is_believed() -> None:
    source = Source(accepted=Accepted(cap=500))
    source.run(set(range(530)))
    assert source.run(set(range(30, 530))) == "succeeded"
    assert len(source.expired) == 30


def test_the_first_empty_result_of_fifteen_is_held_and_an_honest_one_ends_within_a_day() -> None:
    source = Source(hours=8)
    source.run(set(range(15)))
    states = [source.run(set()) for _ in range(4)]
    assert states == ["held", "held", "held", "succeeded"]
    assert not source.live


def test_three_empty_results_in_an_hour_are_not_believed() -> None:
    source = Source(hours=0.3)
    source.run(set(range(15)))
    assert [source.run(set()) for _ in range(5)] == ["held"] * 5


def test_an_empty_day_between_full_ones_costs_nothing() -> None:
    source = Source(hours=24)
    for size in (15, 0, 15, 0, 0, 15):
        source.run(set(range(size)))
    assert len(source.live) == 15
    assert not source.expired


def test_what_is_gone_goes_after_one_complete_run() -> None:
    source = Source()
    source.run(set(range(100)))
    source.run(set(range(97)))
    assert source.expired == {97, 98, 99}


def test_a_large_drop_waits_for_the_next_complete_run() -> None:
    source = Source()
    source.run(set(range(103)))
    source.run(set(range(83)))
    assert not source.expired
    source.run(set(range(83)))
    assert len(source.expired) == 20


def test_misses_that_the_definition_names_are_taken_at_their_word() -> None:
    source = Source(Rule(guard=30.0, misses=1, is_literal=True))
    source.run(set(range(103)))
    source.run(set(range(83)))
    assert len(source.expired) == 20


def test_three_misses_mean_three_complete_runs() -> None:
    source = Source(Rule(guard=30.0, misses=3))
    source.run(set(range(100)))
    for complete in (True, False, True):
        source.run(set(range(98)), complete=complete)
        assert not source.expired
    source.run(set(range(98)))
    assert source.expired == {98, 99}


def test_more_than_the_guard_is_held_and_up_to_five_are_not() -> None:
    source = Source()
    source.run(set(range(43)))
    assert source.run(set(range(23))) == "held"
    few = Source()
    few.run(set(range(10)))
    assert few.run(set(range(5))) == "succeeded"
    assert len(few.expired) == 5


def test_a_drain_below_the_guard_is_held_when_it_adds_up_in_a_week() -> None:
    source = Source(hours=24)
    states = [source.run(set(range(size))) for size in (1_009, 919, 829, 739, 649, 559, 469)]
    assert "held" in states


def test_churn_is_no_drain() -> None:
    source = Source(hours=24)
    states = [source.run(set(range(day * 7, 103 + day * 7))) for day in range(20)]
    assert set(states) == {"succeeded"}
    assert len(source.live) == 103


def test_a_total_that_disagrees_expires_nothing_until_it_is_accepted() -> None:
    source = Source()
    source.run(set(range(50)), total=50)
    assert source.run(set(range(47)), total=50) == "partial"
    assert not source.expired
    source.accepted = Accepted(wrong_total=True)
    source.run(set(range(47)), total=50)
    assert source.expired == {47, 48, 49}


def test_round_counts_are_those_that_caps_have() -> None:
    assert all(map(is_round, (100, 150, 250, 500, 1_000, 1_500, 12_000, 50_000)))
    assert not any(map(is_round, (0, 10, 50, 99, 101, 499, 1_234, 10_001, 123_000)))


def test_a_part_that_vanished_makes_a_run_incomplete_unless_parts_come_and_go() -> None:
    parts = [PartEvidence(location="a.xml")]
    assert not weigh(Reading(parts=parts, read=3, vanished=["b.xml"])).complete
    assert weigh(Reading(parts=parts, read=3, vanished=["b.xml"], parts_come_and_go=True)).complete


def test_a_source_that_is_doubted_for_a_week_is_asked_about_and_not_before() -> None:
    source = Source(hours=24)
    source.run(set(range(100)))
    for _ in range(6):
        source.run(set(range(90)), total=100)
    today = START + timedelta(hours=24 * 8)
    assert doubted_since(source.past, today) is None
    source.run(set(range(90)), total=100)
    assert doubted_since(source.past, today + timedelta(days=1)) == START + timedelta(days=2)


def test_a_complete_run_ends_the_doubt() -> None:
    source = Source(hours=24)
    for _ in range(10):
        source.run(set(range(90)), total=100)
    source.run(set(range(100)))
    source.run(set(range(90)), total=100)
    assert doubted_since(source.past, START + timedelta(days=13)) is None
