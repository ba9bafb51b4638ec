"""Cutting JSON documents and JSON lines into records."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from splitting import Split, split_in_pieces

from jobpipe.errors import LimitExceededError, SourceError
from jobpipe.sources.formats.json.splitter import JsonSplitter
from jobpipe.sources.record import FormatSettings

JOBS = [{"id": number, "title": f"Offre {number}", "text": 'dit "oui" {[', "tags": [{"id": 1}]} for number in range(20)]


def split(data: bytes, size: int = 0, *, name: str = "feed.json", **words: Any) -> Split:
    return split_in_pieces(JsonSplitter(FormatSettings(**words), name), data, size or max(1, len(data)))


def values(found: Split) -> list[Any]:
    return [json.loads(record.raw) for record in found[0]]


def dump(value: Any, **options: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, **options).encode()


def plain(found: Split) -> Any:
    return [(record.raw, record.offset, record.flaw, record.context) for record in found[0]], found[1]


# The split law -----------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
records_of = st.lists(st.dictionaries(st.text(max_size=5), anything, max_size=4), max_size=8)
layouts = st.sampled_from([{}, {"indent": 1}, {"separators": (",", ":")}])
sizes = st.sampled_from([1, 2, 3, 7, 64, 1000, 16_384, 65_536])


@given(records_of, layouts, sizes, st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_for_any_chunks_the_records_of_an_array_are_those_of_a_parser(
    items: list[Any], layout: dict[str, Any], size: int, repeat: int
) -> None:
    # Enough of them that several blocks are cut.
    items = items * (1 + repeat * 40)
    data = dump({"a": [1, {"jobs": 2}], "jobs": items, "z": {"jobs": [{}]}}, **layout)
    records, ending = split(data, size, record="jobs[*]")
    assert [json.loads(record.raw) for record in records] == items
    assert all(data[record.offset :].startswith(record.raw) for record in records)
    assert ending.complete


@given(records_of, layouts, sizes, st.sampled_from(["utf-16", "utf-16-be", "utf-32-le", "cp1252", "cp932", "gb18030"]))
@settings(max_examples=60, deadline=None)
def test_in_any_encoding_the_records_are_the_same(
    items: list[Any], layout: dict[str, Any], size: int, encoding: str
) -> None:
    text = dump({"jobs": items}, **layout).decode().encode(encoding, "ignore").decode(encoding)
    data = text.encode(encoding)
    records, ending = split(data, size, record="jobs", encoding=encoding)
    assert [json.loads(record.raw.decode(record.context.encoding)) for record in records] == json.loads(text)["jobs"]
    assert ending.complete
    for record in records:
        assert data[record.offset :].startswith("{".encode("utf-16-le" if encoding == "utf-16" else encoding))


@given(st.integers(0, 4000), st.integers(0, 4000), st.sampled_from(['"', "{", "}", "[", "]", ",", ":", "\\", "x", ""]))
@settings(max_examples=300, deadline=None)
def test_for_any_chunks_a_damaged_document_is_cut_alike(place: int, cut: int, put: str) -> None:
    data = dump({"total": 20, "jobs": JOBS}, indent=1)
    place = 1 + place % (len(data) - 1)
    data = data[:place] + put.encode() + data[place + (1 if put == "" else 0) :]
    data = data[: len(data) - cut % 500] if cut % 3 == 0 else data
    whole = plain(split(data, record="jobs"))
    assert plain(split(data, 1, record="jobs")) == whole
    assert plain(split(data, 777, record="jobs")) == whole


def test_a_large_feed_in_one_byte_chunks_is_cut_like_one_in_large_chunks() -> None:
    data = dump({"jobs": JOBS * 30}, indent=2)
    assert plain(split(data, 1)) == plain(split(data, 65_536)) == plain(split(data))


# Where the records lie ---------------------------------------------------------------------------------

POSTING = {"id": "a", "title": "Soudeur", "description": "…", "locations": [{"city": "Metz"}, {"city": "Nancy"}]}
TWO = [POSTING, POSTING | {"id": "b"}]


@pytest.mark.parametrize(
    "document",
    [
        TWO,
        {"jobs": TWO},
        {"status": "ok", "filters": [{"name": "x", "values": [1]}] * 50, "resultats": TWO},
        {"data": {"jobs": TWO}},
        {"data": TWO, "included": [{"type": "company", "name": "Exemple", "about": "x" * 2000}]},
        {"took": 8, "hits": {"total": 2, "hits": TWO}},
        {"jobs": {"job": TWO}},
        {"unknown name": TWO},
        {"companies": [{"name": "Exemple SA"}], "unbekannt": TWO},
        {"1": TWO[0], "2": TWO[1]},
        {"jobs": {"1": TWO[0], "2": TWO[1]}},
    ],
)
def test_the_array_of_the_records_is_found(document: Any) -> None:
    found = split(dump(document, indent=1))
    assert values(found) == TWO
    assert found[1].complete


@pytest.mark.parametrize(
    "document", [POSTING, {"job": POSTING}, {"jobs": {"job": POSTING}}, [POSTING], {"jobs": [POSTING]}]
)
def test_one_posting_alone_is_one_record(document: Any) -> None:
    found = split(dump(document))
    assert values(found) == [POSTING]
    assert found[1].complete


@pytest.mark.parametrize("document", [[], {"jobs": []}, {"total": 0, "results": []}, {"meta": {"total": 0}, "xyz": []}])
def test_an_empty_list_is_complete(document: Any) -> None:
    records, ending = split(dump(document))
    assert (records, ending.complete) == ([], True)


@pytest.mark.parametrize(
    ("path", "document", "found"),
    [
        ("jobs[*]", {"jobs": TWO}, TWO),
        ("jobs", {"jobs": TWO}, TWO),
        ("$.jobs[*]", {"jobs": TWO}, TWO),
        ("jobs", {"jobs": POSTING}, [POSTING]),
        ("jobs[*]", {"jobs": POSTING}, [POSTING]),
        ("jobs", {"jobs": None}, []),
        ('"a b"."c.d"', {"a b": {"c.d": TWO}}, TWO),
        ("hits.hits[*]._source", {"hits": {"hits": [{"_id": 1, "_source": TWO[0]}, {"_source": TWO[1]}]}}, TWO),
        ("hits.hits._source", {"hits": {"hits": [{"_id": 1, "_source": TWO[0]}, {"_source": TWO[1]}]}}, TWO),
        ("pages[*].jobs[*]", {"pages": [{"jobs": TWO}, {"jobs": []}, {"jobs": TWO[:1]}]}, [*TWO, TWO[0]]),
        ("[*]", TWO, TWO),
        (".", TWO, TWO),
        ("[1]", TWO, [TWO[1]]),
        ("jobs[0].offers", {"jobs": [{"offers": TWO}, {"offers": [{"id": "z"}]}]}, TWO),
        ("*", {"x": POSTING}, [POSTING]),
        (".", POSTING, [POSTING]),
    ],
)
def test_a_path_leads_to_the_records(path: str, document: Any, found: list[Any]) -> None:
    for size in (0, 1):
        records, ending = split(dump(document), size, record=path)
        assert [json.loads(record.raw) for record in records] == found
        assert ending.complete


def test_a_path_that_leads_nowhere_is_no_complete_reading() -> None:
    records, ending = split(dump({"message": "no jobs here"}), record="jobs")
    assert (records, ending.complete) == ([], False)
    assert "jobs" in ending.why


def test_an_error_of_an_api_is_no_record() -> None:
    with pytest.raises(SourceError, match="Unauthorized"):
        split(dump({"error": "Unauthorized", "status": 401}))


def test_text_that_is_no_json_is_named() -> None:
    with pytest.raises(SourceError, match="Service unavailable"):
        split(b"Service unavailable {x}", format="json")


def test_items_that_are_no_objects_are_records_with_a_flaw() -> None:
    records, ending = split(b'{"jobs": [{"id": 1}, null, 3, "x", {"id": 2}]}')
    assert [bool(record.flaw) for record in records] == [False, True, True, True, False]
    assert ending.complete


@pytest.mark.parametrize("before", ["\ufeff", ")]}',\n", "callback(", "var jobs = ", "/* jobs */ ", "\n\n  "])
def test_what_stands_before_the_root_is_passed(before: str) -> None:
    data = before.encode() + dump({"jobs": TWO})
    records, ending = split(data + (b");" if before.endswith("(") else b""))
    assert [json.loads(record.raw) for record in records] == TWO
    assert data[records[0].offset :].startswith(records[0].raw)
    assert ending.complete


# How the document ends ---------------------------------------------------------------------------------


@given(st.integers(1, 5000), layouts)
@settings(max_examples=100, deadline=None)
def test_a_document_that_is_cut_off_gives_its_whole_records_and_says_so(place: int, layout: dict[str, Any]) -> None:
    data = dump({"jobs": JOBS}, **layout)
    data = data[: place % (len(data) - 1) + 1]
    records, ending = split(data, record="jobs")
    assert not ending.complete
    assert "cut" in ending.why
    assert [json.loads(record.raw) for record in records] == JOBS[: len(records)]
    assert len(records) >= data.count(b'"tags"') - 2


def test_a_cut_names_the_record_and_where_it_begins() -> None:
    data = dump({"jobs": JOBS})
    start = data.index(b'{"id": 7')
    _, ending = split(data[: start + 30])
    assert f"record 8, which begins at byte {start:,}" in ending.why


def test_bytes_after_the_end_are_noticed() -> None:
    records, ending = split(dump({"jobs": TWO}) + b"\n<!-- 0.3 s -->")
    assert (len(records), ending.complete) == (2, True)
    assert "after its end" in ending.notices[0]


@pytest.mark.parametrize(
    ("around", "total"),
    [
        ({"total": 7}, 7),
        ({"totalCount": 7, "count": 2}, 7),
        ({"count": 7}, 7),
        ({"meta": {"total": 7}}, 7),
        ({"meta": {"pagination": {"total": 7}}}, 7),
        ({"page": {"totalElements": 7, "size": 20}}, 7),
        ({"total": {"value": 7, "relation": "eq"}}, 7),
        ({"total": {"value": 10_000, "relation": "gte"}}, None),
        ({"total": "sept"}, None),
        ({"total": -1}, None),
        ({"total": True}, None),
        ({"_shards": {"total": 3}}, None),
        ({"facets": {"count": 3}}, None),
        ({}, None),
    ],
)
def test_the_total_of_the_listing_is_taken_where_it_is_plain(around: dict[str, Any], total: int | None) -> None:
    assert split(dump({**around, "jobs": TWO}))[1].stated_total == total
    assert split(dump({"jobs": TWO, **around}), 1)[1].stated_total == total


def test_a_total_within_the_records_is_none() -> None:
    assert split(dump({"jobs": [{"id": 1, "total": 9, "meta": {"total": 9}}]}))[1].stated_total is None


def test_the_path_of_the_total_wins() -> None:
    data = dump({"total": 3, "jobs": TWO, "stats": {"online": "41"}})
    assert split(data, total="stats.online")[1].stated_total == 41


# Feed-level values -------------------------------------------------------------------------------------


def test_values_of_the_feed_come_with_the_records_behind_them() -> None:
    data = dump({"meta": {"company": "Exemple SA", "ids": [1, 2.5, True, None]}, "jobs": TWO, "late": "x"})
    records, _ = split(data, feed_paths=("late", "meta.company", "meta.ids"))
    assert records[0].context.feed == (("meta.company", ("Exemple SA",)), ("meta.ids", ("1", "2.5", "true")))
    assert records[0].context is records[1].context


def test_each_page_has_its_own_values() -> None:
    data = dump({"pages": [{"for": "A", "jobs": TWO}, {"for": "B", "jobs": TWO[:1]}]})
    records, _ = split(data, 1, record="pages[*].jobs[*]", feed_paths=("pages[*].for",))
    assert [record.context.feed[0][1] for record in records] == [("A",), ("A",), ("B",)]


# Broken records ----------------------------------------------------------------------------------------


@given(st.integers(1, 18), st.integers(0, 10_000), st.sampled_from(['"', ""]), layouts)
@settings(max_examples=200, deadline=None)
def test_a_quote_too_many_or_too_few_costs_one_record(
    number: int, place: int, put: str, layout: dict[str, Any]
) -> None:
    jobs = [{"id": n, "title": f"Offre {n}", "text": "du texte, long: assez", "lieu": "Metz"} for n in range(20)]
    data = dump({"jobs": jobs}, **layout)
    start = data.index(b"{", data.index(f"Offre {number - 1}".encode()))
    end = data.index(b"}", start)
    if put:
        place = start + 1 + place % (end - start - 1)
        data = data[:place] + b'"' + data[place:]
    else:
        quotes = [at for at in range(start, end) if data[at] == ord('"')]
        place = quotes[place % len(quotes)]
        data = data[:place] + data[place + 1 :]
    records, ending = split(data, record="jobs")
    sound = [dump(job) for job in jobs[:number] + jobs[number + 1 :]]
    read = [dump(json.loads(record.raw)) for record in records if is_json(record.raw)]
    assert set(sound) <= set(read)
    assert len(records) <= 21
    assert ending.complete


def is_json(raw: bytes) -> bool:
    try:
        json.loads(raw)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("sound", "broken"),
    [
        ('"Offre 4"', '"Offre "4"'),
        ('"Offre 4"', 'Offre 4"'),
        ('"Offre 4"', '"Offre 4'),
        ('"Offre 4",', '"Offre 4"'),
        ('"Offre 4",', '"Offre 4",,'),
        ('"Offre 4",', '{"a": 1,'),
        ('"Offre 4",', "[1, 2,"),
        ('"Offre 4",', '"Offre 4"},'),
        ('"Offre 4",', '"Offre 4"],'),
    ],
)
@pytest.mark.parametrize("layout", [{}, {"indent": 1}])
def test_a_broken_record_costs_itself(sound: str, broken: str, layout: dict[str, Any]) -> None:
    data = dump({"total": 20, "jobs": JOBS, "meta": {"a": [1]}}, **layout)
    damaged = data.replace(sound.encode(), broken.encode(), 1)
    assert damaged != data
    records, ending = split(damaged)
    read = [json.loads(record.raw) for record in records if is_json(record.raw)]
    assert [job for job in JOBS if job["id"] != 4] == [job for job in read if job in JOBS]
    assert ending.complete
    assert ending.stated_total == 20


def test_a_broken_last_record_does_not_make_the_document_a_cut_one() -> None:
    data = dump({"jobs": JOBS}, indent=1).replace(b'"Offre 19"', b'"Offre 19')
    records, ending = split(data, 100)
    assert len(records) == 20
    assert ending.complete
    assert not is_json(records[-1].raw)


def test_commas_that_are_missing_between_records_cost_nothing() -> None:
    data = b"[" + b"\n".join(map(dump, JOBS)) + b"]"
    assert values(split(data)) == JOBS


def test_line_breaks_in_strings_last_commas_and_comments_pass_to_the_reader() -> None:
    data = b'{"jobs": [ // all "of them"\n{"id": 1, "t": "a\nb",}, /* {"id": */ {"id": 2 /* } */, "u": "//x"},], }'
    records, ending = split(data)
    assert [record.raw for record in records] == [b'{"id": 1, "t": "a\nb",}', b'{"id": 2 /* } */, "u": "//x"}']
    assert ending.complete


# JSON lines --------------------------------------------------------------------------------------------


@given(
    records_of.filter(lambda items: len(items) > 1), st.sampled_from([b"\n", b"\r\n", b"\n\n"]), sizes, st.booleans()
)
@settings(max_examples=60, deadline=None)
def test_for_any_chunks_the_lines_are_the_records(items: list[Any], line_end: bytes, size: int, is_ended: bool) -> None:
    data = line_end.join(map(dump, items)) + (line_end if is_ended else b"")
    records, ending = split(data, size, name="feed.ndjson")
    assert [json.loads(record.raw) for record in records] == items
    assert all(data[record.offset :].startswith(record.raw) for record in records)
    assert ending.complete


def test_lines_are_known_without_being_told() -> None:
    assert values(split(b"\n".join(map(dump, JOBS)))) == JOBS


def test_one_line_of_a_file_named_ndjson_is_one_record() -> None:
    assert values(split(dump({"jobs": TWO}) + b"\n", name="feed.jsonl")) == [{"jobs": TWO}]


def test_a_bad_line_costs_one_record() -> None:
    lines = list(map(dump, JOBS))
    lines[3] = lines[3][:-9]
    lines[5] = b"# a comment"
    records, ending = split(b"\n".join(lines) + b"\n")
    assert [is_json(record.raw) for record in records].count(False) == 2
    assert "line 6" in records[5].flaw
    assert ending.complete


def test_a_bad_first_line_does_not_hide_the_others() -> None:
    lines = list(map(dump, JOBS))
    lines[0] = lines[0][:-9]
    assert len(split(b"\n".join(lines))[0]) == 20


def test_lines_whose_last_one_is_cut_are_not_complete() -> None:
    data = b"\n".join(map(dump, JOBS))
    records, ending = split(data[:-5])
    assert (len(records), ending.complete) == (19, False)
    assert "cut" in ending.why


def test_objects_over_several_lines_follow_each_other() -> None:
    data = b"\n".join(dump(job, indent=1) for job in JOBS)
    for words in ({}, {"format": "ndjson"}):
        found = split(data, 10, **words)
        assert values(found) == JOBS
        assert found[1].complete


def test_an_array_that_is_called_ndjson_is_read_as_what_it_is() -> None:
    assert values(split(dump(JOBS, indent=1), format="ndjson", name="feed.ndjson")) == JOBS


# Limits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["json", "ndjson"])
def test_a_record_that_is_too_large_is_named(format: str) -> None:
    large = dump({"id": 2, "text": "x" * 3_000_000})
    data = b'{"id": 1}\n' + large if format == "ndjson" else b'[{"id": 1},\n' + large + b"]"
    with pytest.raises(LimitExceededError, match=rf"byte {data.index(large)}.* 2.0 MB") as caught:
        split(data, 65_536, format=format, max_record_bytes=2 * 1024 * 1024)
    assert caught.value.place.offset == data.index(large)


def test_a_large_value_beside_the_records_is_passed_over() -> None:
    data = dump({"logo": "x" * 3_000_000, "total": 2, "jobs": TWO})
    found = split(data, 65_536, record="jobs", feed_paths=("logo",), max_record_bytes=1024 * 1024)
    assert values(found) == TWO
    assert found[0][0].context.feed == ()


def test_a_record_as_large_as_the_limit_is_read() -> None:
    large = {"id": 2, "text": "é\\" * 3_000_000}
    assert values(split(dump([JOBS[0], large, JOBS[1]]), 65_536)) == [JOBS[0], large, JOBS[1]]
