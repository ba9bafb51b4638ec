"""Crawls keep as many requests under way as they may, and their process begins before it is known what to crawl."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jobpipe.cli.crawling_ahead import head_start
from jobpipe.sources.site.process import CrawlProcess, HeadStart
from jobpipe.sources.site.turns import Turns

SITE = "import: offers\nsource:\n  site:\n    start: https://jobs.example/\n"


def project(root: Path, definition: str) -> Path:
    (root / "imports").mkdir(parents=True)
    (root / "jobpipe.yaml").write_text("{}\n")
    (root / "imports" / "offers.yaml").write_text(definition)
    return root


# Turns -----------------------------------------------------------------------------------------------


def order_of(most: int, per_host: int, hosts: list[str]) -> tuple[list[str], int]:
    """Who came in which order, and how many were under way at the most."""

    async def ask_all() -> tuple[list[str], int]:
        turns = Turns(most, per_host)
        came: list[str] = []
        under_way = most_under_way = 0

        async def ask(host: str) -> None:
            nonlocal under_way, most_under_way
            await turns.take(host)
            came.append(host)
            under_way += 1
            most_under_way = max(most_under_way, under_way)
            for _ in range(3):
                await asyncio.sleep(0)
            under_way -= 1
            turns.give_back(host)

        await asyncio.gather(*map(ask, hosts))
        return came, most_under_way

    return asyncio.run(ask_all())


def test_no_more_are_under_way_than_may_be_and_all_are_if_they_can() -> None:
    came, most = order_of(3, 3, ["a"] * 10)
    assert (len(came), most) == (10, 3)


def test_a_host_that_has_its_share_does_not_hold_up_another() -> None:
    came, most = order_of(8, 1, ["a", "a", "a", "b"])
    assert came[:2] == ["a", "b"]
    assert most == 2


def test_whoever_waits_longest_is_next() -> None:
    came, _ = order_of(1, 1, ["a", "b", "c", "b", "a"])
    assert came == ["a", "b", "c", "b", "a"]


def test_a_turn_that_nobody_wants_any_more_is_another_s() -> None:
    async def give_up() -> str:
        turns = Turns(1, 1)
        await turns.take("a")
        first, second = (asyncio.ensure_future(turns.take("a")) for _ in range(2))
        await asyncio.sleep(0)
        # It is told that it is its turn, and gives up before it has heard of it.
        turns.give_back("a")
        first.cancel()
        await asyncio.wait_for(second, timeout=30)
        third = asyncio.ensure_future(turns.take("a"))
        await asyncio.sleep(0)
        third.cancel()
        await asyncio.wait([third])
        turns.give_back("a")
        await asyncio.wait_for(turns.take("a"), timeout=30)
        return "taken"

    assert asyncio.run(give_up()) == "taken"


# The process -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("crawls_from_nothing")
def test_a_process_that_gets_no_orders_ends_without_a_word(tmp_path: Path) -> None:
    pytest.importorskip("scrapy")
    process = CrawlProcess(tmp_path)
    process.dismiss()
    assert process.wait() == 0
    assert process.answers.read() == b""
    process.release()


@pytest.mark.usefixtures("crawls_from_nothing")
def test_an_import_of_a_site_gets_a_process_ahead(tmp_path: Path) -> None:
    root = project(tmp_path, SITE)
    with head_start(str(root), "offers") as ahead:
        process = ahead.take()
        assert process is not None
        assert ahead.take() is None
    process.kill()
    assert process.wait() != 0
    process.release()


@pytest.mark.usefixtures("crawls_from_nothing")
def test_a_process_that_nobody_takes_is_ended(tmp_path: Path) -> None:
    process = CrawlProcess(tmp_path)
    HeadStart(process).close()
    assert process.wait() < 0


@pytest.mark.parametrize(
    ("definition", "name"),
    [
        ("import: offers\nsource: feed.xml\n", "offers"),
        ("import: offers\nsource: {api: {url: https://jobs.example/site}}\n", "offers"),
        (SITE, "off*"),
        (SITE, "../imports/offers"),
        (SITE, "missing"),
        (SITE, ""),
    ],
)
def test_nothing_is_started_for_what_seems_to_be_no_site(tmp_path: Path, definition: str, name: str) -> None:
    with head_start(str(project(tmp_path, definition)), name) as ahead:
        assert ahead.take() is None


def test_nothing_is_started_where_there_is_no_project(tmp_path: Path) -> None:
    with head_start(str(tmp_path), "offers") as ahead:
        assert ahead.take() is None
