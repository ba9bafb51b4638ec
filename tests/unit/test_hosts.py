"""Requests by host: how many at the same time, and hosts that are left alone."""

from __future__ import annotations

import asyncio

import pytest

from jobpipe.sources.hosts import HostIsDownError, HostLimits, Hosts, host_of


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def _most_at_once(hosts: Hosts, names: list[str]) -> dict[str, int]:
    """How many turns were held at the same time, by host; "" = in all."""
    held: dict[str, int] = {}
    most: dict[str, int] = {}

    async def ask(name: str) -> None:
        async with hosts.turn(name):
            for key in (name, ""):
                held[key] = held.get(key, 0) + 1
                most[key] = max(most.get(key, 0), held[key])
            await asyncio.sleep(0.001)
            for key in (name, ""):
                held[key] -= 1

    await asyncio.gather(*(ask(name) for name in names))
    assert not any(held.values())
    return most


def test_no_host_is_asked_more_often_than_its_limit_nor_all_together() -> None:
    hosts = Hosts(HostLimits(per_host=2, in_all=5))
    most = asyncio.run(_most_at_once(hosts, ["a"] * 10 + ["b"] * 10 + ["c"] * 10 + ["d"] * 10))
    assert most == {"a": 2, "b": 2, "c": 2, "d": most["d"], "": 5}
    assert most["d"] <= 2


def test_the_limits_hold_across_event_loops() -> None:
    hosts = Hosts(HostLimits(per_host=1))

    async def both() -> dict[str, int]:
        async with hosts.turn("a"):
            other = asyncio.ensure_future(asyncio.to_thread(asyncio.run, _most_at_once(hosts, ["a", "a"])))
            await asyncio.sleep(0.05)
            assert not other.done()
        return await other

    assert asyncio.run(both()) == {"a": 1, "": 1}


def test_whoever_is_cancelled_while_waiting_takes_no_place() -> None:
    hosts = Hosts(HostLimits(per_host=1))

    async def work() -> None:
        async def ask() -> None:
            async with hosts.turn("a"):
                pass

        async with hosts.turn("a"):
            waiting = asyncio.ensure_future(ask())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait([waiting])
        async with asyncio.timeout(5):
            await ask()

    asyncio.run(work())


async def _ask(hosts: Hosts, host: str = "a") -> None:
    async with hosts.turn(host):
        pass


def test_a_host_that_fails_in_a_row_rests_and_is_then_tried_by_one() -> None:
    clock = Clock()
    hosts = Hosts(HostLimits(failures=3, pause=60), clock=clock)
    for _ in range(2):
        hosts.failed("a", "cannot be reached")
        asyncio.run(_ask(hosts))
    hosts.failed("a", "has trouble of its own (HTTP 503)")
    with pytest.raises(HostIsDownError, match=r"a: was not asked.*3 times in a row since .*UTC.*reached; .*HTTP 503"):
        asyncio.run(_ask(hosts))
    asyncio.run(_ask(hosts, "b"))
    clock.now += 61
    asyncio.run(_ask(hosts))
    with pytest.raises(HostIsDownError):  # one tries for all
        asyncio.run(_ask(hosts))
    hosts.answered("a")
    asyncio.run(_ask(hosts))


def test_an_answer_between_them_makes_failures_no_row() -> None:
    hosts = Hosts(HostLimits(failures=2))
    for _ in range(5):
        hosts.failed("a", "x")
        hosts.answered("a")
    asyncio.run(_ask(hosts))


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Jobs.Example.org./a", "jobs.example.org"),
        ("https://example.org:443/", "example.org"),
        ("http://example.org:443/", "example.org:443"),
        ("http://u:p@[::1]:8000/", "[::1]:8000"),
        ("http://example.org:x/", ""),
        # A drop that is down says nothing of the web site beside it.
        ("ftp://example.org/a", "example.org:21"),
        ("sftp://example.org/a", "example.org:22"),
        ("ftps://example.org:990/a", "example.org:990"),
    ],
)
def test_a_host_is_named_with_its_port_unless_it_is_the_usual_one(url: str, host: str) -> None:
    assert host_of(url) == host
