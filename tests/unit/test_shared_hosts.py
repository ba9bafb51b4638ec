"""Limits of hosts that hold for all processes of a cluster: turns and failures are counted in the ledger."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import SOURCES
from http_source import HttpSource
from postgres_server import PostgresServer, shared_server
from project_folder import DEFINITION, ProjectFolder, xml_feed

from jobpipe.ledger.models import HostTrouble, HostTurns
from jobpipe.ledger.opening import open_ledger
from jobpipe.ledger.unavailable import LedgerUnavailableError
from jobpipe.runs.shared_hosts import LedgerTurns, share_hosts
from jobpipe.sources.hosts import HostIsDownError, HostLimits, Hosts
from jobpipe.sources.shared_turns import Resting


@pytest.fixture
def ledger() -> str:
    url = shared_server().ledger()
    open_ledger(Path("unused"), url)
    return url


@pytest.fixture
def two(ledger: str) -> Iterator[tuple[Hosts, Hosts]]:
    """Two processes, as far as hosts are concerned."""
    pair = tuple(Hosts(HostLimits(per_host=3, failures=2)) for _ in range(2))
    for number, hosts in enumerate(pair):
        hosts.share(LedgerTurns(ledger, holder=f"process {number}"))
    yield pair[0], pair[1]
    for hosts in pair:
        hosts.share(None)


async def _most_at_once(two: tuple[Hosts, Hosts], host: str, turns: int) -> int:
    held = most = 0

    async def ask(hosts: Hosts) -> None:
        nonlocal held, most
        async with hosts.turn(host):
            held += 1
            most = max(most, held)
            await asyncio.sleep(0.01)
            held -= 1

    await asyncio.gather(*(ask(two[number % 2]) for number in range(turns)))
    return most


def test_a_host_is_asked_no_more_often_than_its_limit_by_both_together(two: tuple[Hosts, Hosts]) -> None:
    assert asyncio.run(_most_at_once(two, "a", 20)) == 3


def test_what_is_given_back_is_gone_from_the_ledger(two: tuple[Hosts, Hosts]) -> None:
    asyncio.run(_most_at_once(two, "a", 4))
    for hosts in two:
        hosts.share(None)
    assert list(HostTurns.objects.all()) == []


def test_a_host_that_fails_for_one_rests_for_the_other(two: tuple[Hosts, Hosts]) -> None:
    one, other = two

    async def ask(hosts: Hosts) -> None:
        async with hosts.turn("a"):
            pass

    async def fail() -> None:
        one.failed("a", "HTTP 503")
        with pytest.raises(HostIsDownError, match=r"failed 2 times in a row since .*HTTP 503; does not answer"):
            while True:
                # Until both were heard by the other: a turn at a host that has failed once only does no harm.
                await ask(one)
                one.failed("a", "does not answer")
        with pytest.raises(HostIsDownError, match=r"failed 2 times in a row"):
            await ask(other)

    asyncio.run(fail())


def test_after_its_rest_one_tries_for_all(ledger: str) -> None:
    limits = HostLimits(failures=1, pause=1000)
    one, other = LedgerTurns(ledger, holder="one"), LedgerTurns(ledger, holder="other")
    one.failed("a", "HTTP 503", limits)
    assert isinstance(other.take("a", limits), Resting)
    HostTrouble.objects.update(rests_until="2000-01-01T00:00:00Z")
    assert one.take("a", limits) is True
    resting = other.take("a", limits)
    assert isinstance(resting, Resting)
    assert (resting.failures, resting.reasons) == (1, ("HTTP 503",))
    one.answered("a")
    assert other.take("a", limits) is True
    one.close()
    other.close()


def test_an_answer_is_told_only_where_there_was_trouble(ledger: str) -> None:
    turns = LedgerTurns(ledger, holder="one")
    limits = HostLimits()
    assert turns.take("a", limits) is True
    assert not turns.knows_trouble("a")
    LedgerTurns(ledger, holder="other").failed("a", "HTTP 503", limits)
    assert turns.take("a", limits) is True
    assert turns.knows_trouble("a")
    turns.close()


def test_the_turns_of_a_process_that_died_lapse(ledger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = HostLimits(per_host=1)
    dead, alive = LedgerTurns(ledger, holder="dead"), LedgerTurns(ledger, holder="alive")
    assert dead.take("a", limits) is True
    dead.close()
    assert alive.take("a", limits) is False
    HostTurns.objects.update(until="2000-01-01T00:00:00Z")
    assert alive.take("a", limits) is True
    alive.close()


def test_turns_are_renewed_as_long_as_their_process_lives(ledger: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobpipe.runs.shared_hosts.LENGTH", 0.6)
    turns = LedgerTurns(ledger)
    assert turns.take("a", HostLimits()) is True
    first = HostTurns.objects.get().until
    deadline = time.monotonic() + 20
    while HostTurns.objects.get().until == first:
        assert time.monotonic() < deadline, "they were not renewed"
        time.sleep(0.05)
    turns.close()


def test_whoever_is_cancelled_while_others_have_all_turns_takes_none(two: tuple[Hosts, Hosts]) -> None:
    one, other = two

    async def wait_in_vain() -> None:
        async with one.turn("a"), one.turn("a"), one.turn("a"):
            waiting = asyncio.ensure_future(_enter(other))
            await asyncio.sleep(0.1)
            assert not waiting.done()
            waiting.cancel()
        async with other.turn("a"), other.turn("a"), other.turn("a"):
            pass

    async def _enter(hosts: Hosts) -> None:
        async with hosts.turn("a"):
            pass

    asyncio.run(asyncio.wait_for(wait_in_vain(), 30))


def test_a_ledger_that_is_lost_is_told(tmp_path: Path) -> None:
    server = PostgresServer()
    try:
        url = server.ledger()
        open_ledger(Path("unused"), url)
        turns = LedgerTurns(url)
        assert turns.take("a", HostLimits()) is True
        server.kill()
        with pytest.raises(LedgerUnavailableError):
            turns.take("a", HostLimits())
        server.start()
        assert turns.take("a", HostLimits()) is True
        turns.close()
    finally:
        server.stop()


class Counted:
    """How many requests a server had at the same time, none of them answered yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = self.most = 0

    def __call__(self, resource: object) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.1)
        with self._lock:
            self._now -= 1


def test_two_processes_together_ask_a_host_one_after_the_other(tmp_path: Path) -> None:
    counted = Counted()
    with HttpSource() as source:
        project = ProjectFolder(tmp_path / "project")
        project.keep_ledger_in(shared_server().ledger())
        project.configure("hosts: {per_host: 1}\n")
        (project.root / "imports" / "offers.yaml").unlink()
        for number in range(6):
            source.serve(f"/{number}.xml", xml_feed({f"k{number}": "Une"}), before=[counted])
            text = DEFINITION.replace("import: offers", f"import: import-{number}")
            (project.root / "imports" / f"import-{number}.yaml").write_text(
                text.replace("feed: feed.xml", f'feed: "{source.url(f"/{number}.xml")}"')
            )
        command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(project.root), "run", "--workers", "0"]
        environ = {**os.environ, "PYTHONPATH": str(SOURCES)}
        children = [
            subprocess.Popen([*command, *(f"import-{number}" for number in range(half, 6, 2))], env=environ)
            for half in range(2)
        ]
        assert [child.wait(timeout=120) for child in children] == [0, 0]
        assert len(source.requests) == 6
        assert counted.most == 1


def test_a_project_without_a_cluster_counts_alone(ledger: str) -> None:
    from jobpipe.sources.hosts import shared

    share_hosts(ledger)
    assert shared() is not None
    share_hosts("")
    assert shared() is None
