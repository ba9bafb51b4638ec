"""The feeds of the benchmarks: the same bytes for a seed, the proportions of two days, and texts like real ones."""

from __future__ import annotations

import csv
import io
import json
import random
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bench.dirt import KINDS, read_wrongly, read_wrongly_twice, spoil
from bench.feeds import FORMATS, changes, csv_column, feed, feed_file, first_day, new_on_second_day, second_day
from bench.offers import FIELDS, SPOILT, Board, Offer
from bench.words import Text
from jobpipe.transform.mojibake import repair_text

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SEED = 7


@pytest.fixture(scope="module")
def text() -> Text:
    return Text.of(SEED, vocabulary=3_000, sentences=2_000)


@pytest.fixture(scope="module")
def board(text: Text) -> Board:
    return Board(SEED, text=text)


def bytes_of(board: Board, size: int, *, feed_format: str = "xml", day: int = 1) -> bytes:
    return b"".join(feed(size, feed_format=feed_format, day=day, board=board, seed=SEED))


def offers_in_xml(document: bytes) -> list[Offer]:
    found = []
    for element in etree.fromstring(document):
        offer = {"id": element.get("id", "")}
        for leaf in element.iter():
            if len(leaf) or leaf is element:
                continue
            parent = leaf.getparent()
            name = leaf.tag if parent is element else f"{parent.tag}/{leaf.tag}"
            offer[name] = leaf.text or ""
        found.append(offer)
    return found


def offers_in_json(document: bytes) -> list[Offer]:
    found = []
    for item in json.loads(document):
        offer = {name: value for name, value in item.items() if isinstance(value, str)}
        for name, inner in item.items():
            if isinstance(inner, dict):
                offer |= {f"{name}/{leaf}": value for leaf, value in inner.items()}
        found.append(offer)
    return found


def offers_in_csv(document: bytes) -> list[Offer]:
    names = {csv_column(name): name for name in FIELDS}
    rows = csv.DictReader(io.StringIO(document.decode(), newline=""), delimiter=";")
    return [{names[column]: value for column, value in row.items()} for row in rows]


@pytest.mark.parametrize("feed_format", FORMATS)
@pytest.mark.parametrize("day", [1, 2])
def test_the_same_seed_gives_the_same_bytes(feed_format: str, day: int) -> None:
    made = [
        bytes_of(Board(SEED, text=Text.of(SEED, vocabulary=500, sentences=200)), 40, feed_format=feed_format, day=day)
        for _ in range(2)
    ]
    assert made[0] == made[1]


def test_another_seed_gives_other_bytes(board: Board) -> None:
    other = Board(SEED + 1, text=Text.of(SEED + 1, vocabulary=500, sentences=200))
    assert bytes_of(other, 5) != bytes_of(board, 5)


def test_all_formats_hold_the_same_offers_with_all_their_fields(board: Board) -> None:
    size = 450
    expected = [board.offer(number) for number in range(size)]
    assert all(tuple(offer) == FIELDS for offer in expected)
    assert offers_in_xml(bytes_of(board, size)) == expected
    assert offers_in_json(bytes_of(board, size, feed_format="json")) == expected
    assert offers_in_csv(bytes_of(board, size, feed_format="csv")) == expected


@given(st.integers(min_value=1, max_value=30_000))
def test_the_second_day_has_the_asked_proportions(size: int) -> None:
    changed, gone = changes(size, SEED)
    yesterday, today = dict(first_day(size)), dict(second_day(size, SEED))
    both = len(yesterday.keys() | today.keys())
    unchanged = sum(yesterday.get(number) == edition for number, edition in today.items())

    assert changed.isdisjoint(gone)
    assert yesterday.keys() - today.keys() == gone
    assert len(today.keys() - yesterday.keys()) == new_on_second_day(size)
    assert {number for number in yesterday.keys() & today.keys() if today[number] != yesterday[number]} == changed
    for count, share in ((unchanged, 95), (len(changed), 3), (len(gone), 1), (new_on_second_day(size), 1)):
        assert abs(count - both * share / 100) < 3


def test_unchanged_offers_keep_their_bytes_and_changed_ones_their_reference(board: Board) -> None:
    size = 300
    changed, gone = changes(size, SEED)
    first = {offer["id"]: offer for offer in offers_in_xml(bytes_of(board, size))}
    second = {offer["id"]: offer for offer in offers_in_xml(bytes_of(board, size, day=2))}
    assert changed and gone
    for number in range(size):
        name = str(number)
        if number in gone:
            assert name not in second
        elif number in changed:
            assert second[name] != first[name]
            assert second[name]["reference"] == first[name]["reference"]
        else:
            assert second[name] == first[name]


def test_three_texts_in_a_hundred_are_dirty(text: Text, board: Board) -> None:
    clean = Board(SEED, text=text, dirt=0.0)
    spoilt = sum(board.offer(number)[name] != clean.offer(number)[name] for number in range(4_000) for name in SPOILT)
    assert 0.025 < spoilt / (4_000 * len(SPOILT)) < 0.035


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_dirt_changes_a_text_and_keeps_the_markup_sound(kind: str, text: Text) -> None:
    dice = random.Random(SEED)
    for sentence in text.typographic[:50]:
        markup = f"<p>{sentence} L’équipe – à l’œuvre.</p>"
        dirty = KINDS[kind](dice, markup)
        assert dirty != markup
        assert dirty.startswith("<p>") and dirty.endswith("</p>")
        assert etree.fromstring(f"<a><![CDATA[{dirty}]]></a>".encode()).text == dirty


def test_there_are_at_least_five_kinds_of_dirt_and_all_occur(text: Text) -> None:
    assert len(KINDS) >= 5
    sample = "Une équipe soudée – à l’écoute… « très » motivée, œuvrant chaque été"
    dice = random.Random(SEED)
    assert len({spoil(dice, sample) for _ in range(200)}) >= len(KINDS)


def test_what_was_read_wrongly_is_what_the_repair_brings_back() -> None:
    sample = "<p>Nous recherchons un(e) chargé(e) d’études, très motivé(e), pour créer des outils à Orléans.</p>"
    assert repair_text(read_wrongly(sample)) == sample
    assert repair_text(read_wrongly_twice(sample)) == sample


def test_texts_and_records_are_as_long_as_real_ones(board: Board) -> None:
    size = 500
    lengths = sorted(len((offer["description"] + offer["profil"]).encode()) for offer in map(board.offer, range(size)))
    assert lengths[size // 20] > 2_000 and lengths[-size // 20] < 6_500
    assert 4_800 < len(bytes_of(board, size)) / size < 6_000


def test_the_vocabulary_does_not_flatter_compression() -> None:
    document = bytes_of(Board(SEED), 1_000)
    assert len(document) / len(zstd.compress(document, 1)) < 4


def test_a_feed_is_written_once_and_leaves_nothing_unfinished(tmp_path: Path) -> None:
    path = feed_file(3, folder=tmp_path, seed=SEED)
    written = path.stat().st_mtime_ns
    assert feed_file(3, folder=tmp_path, seed=SEED) == path
    assert path.stat().st_mtime_ns == written
    assert list(tmp_path.iterdir()) == [path]
    assert len(etree.parse(path).getroot()) == 3
