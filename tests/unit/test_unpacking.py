from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from jobpipe.errors import LimitExceededError, SourceError
from jobpipe.sources.unpacking import TruncatedInputError, UnpackLimits, unpack

FEED = b"<jobs>" + b"".join(b"<job><id>%d</id><title>Cuisinier</title></job>\n" % n for n in range(20_000)) + b"</jobs>"
OTHER = b'{"jobs": []}\n' * 5000
NOISE = random.Random(3).randbytes(300_000)

PACKERS = {"gz": gzip.compress, "zst": zstd.compress, "xz": lzma.compress, "bz2": bz2.compress}


def pieces(data: bytes, size: int = 65_536) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def read(data: bytes, name: str = "feed", size: int = 65_536, limits: UnpackLimits | None = None) -> dict[str, bytes]:
    return {document.name: b"".join(document.chunks) for document in unpack(pieces(data, size), name, limits)}


def read_to_the_trouble(data: bytes, name: str, kind: type[SourceError]) -> tuple[dict[str, bytes], SourceError]:
    """What was given before the error, by document."""
    given: dict[str, bytes] = {}
    with pytest.raises(kind) as caught:
        for document in unpack(pieces(data), name):
            given[document.name] = b""
            for piece in document.chunks:
                given[document.name] += piece
    return given, caught.value


def make_zip(files: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", kind) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def make_tar(files: dict[str, bytes], kind: int = tarfile.PAX_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=kind) as archive:
        for name, data in files.items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
    return made.getvalue()


def test_a_plain_feed_passes_as_the_very_same_objects() -> None:
    chunks = [FEED[:1000], FEED[1000:5000], FEED[5000:]]
    (document,) = unpack(iter(chunks), "jobs.xml")
    assert document.name == "jobs.xml"
    assert all(given is taken for given, taken in zip(document.chunks, chunks, strict=True))


@pytest.mark.parametrize("data", [b"", b"<", b"BZh is how this text begins, and it is no bzip2", b"PK", b"\x1f\x8b"])
def test_short_and_odd_inputs_pass(data: bytes) -> None:
    assert read(data, "x", size=1) == {"x": data}


@pytest.mark.parametrize("ending", PACKERS)
@pytest.mark.parametrize("size", [1000, 65_536, 10_000_000])
def test_compressed_feeds_of_every_kind_are_told_by_their_bytes(ending: str, size: int) -> None:
    packed = PACKERS[ending](FEED)
    assert read(packed, f"jobs.xml.{ending}", size) == {"jobs.xml": FEED}
    assert read(packed, "jobs.xml", size) == {"jobs.xml": FEED}


@settings(max_examples=60, deadline=None)
@given(
    ending=st.sampled_from(sorted(PACKERS)),
    parts=st.lists(st.binary(max_size=300), min_size=1, max_size=5),
    size=st.integers(1, 700),
    padding=st.integers(0, 40),
)
def test_several_members_and_padding_read_as_one_file(ending: str, parts: list[bytes], size: int, padding: int) -> None:
    # What is inside must not look packed itself, else it is rightly unpacked once more.
    parts = [b"<", *parts]
    packed = b"".join(map(PACKERS[ending], parts)) + bytes(padding)
    assert read(packed, "a", size) == {"a": b"".join(parts)}


def test_zeros_between_members_are_padding() -> None:
    assert read(gzip.compress(b"one ") + bytes(512) + gzip.compress(b"two"), "a", 7) == {"a": b"one two"}


@pytest.mark.parametrize("ending", PACKERS)
def test_a_cut_feed_gives_all_that_could_be_decoded_and_then_says_so(ending: str) -> None:
    packed = PACKERS[ending](NOISE + FEED)
    # bzip2 decodes blocks of 900 KB: nothing of the first one can be had before it is whole.
    cut = packed[: len(packed) - 200]
    given, error = read_to_the_trouble(cut, f"jobs.xml.{ending}", TruncatedInputError)
    assert (NOISE + FEED).startswith(given["jobs.xml"])
    if ending != "bz2":
        assert len(given["jobs.xml"]) > len(NOISE)
    assert "cut off" in str(error) and f"jobs.xml.{ending}" in str(error)


@settings(max_examples=60, deadline=None)
@given(where=st.integers(1, 10**6), size=st.integers(1, 5000))
def test_a_gzip_cut_anywhere_gives_what_zlib_gives(where: int, size: int) -> None:
    packed = gzip.compress(FEED[:50_000]) + gzip.compress(NOISE[:5000])
    cut = packed[: where % len(packed)]
    first = zlib.decompressobj(wbits=31)
    expected = first.decompress(cut)
    if first.unused_data:
        expected += zlib.decompressobj(wbits=31).decompress(first.unused_data)
    given = b""
    is_between_members = first.eof and not first.unused_data
    try:
        for document in unpack(pieces(cut, size), "a.gz"):
            for piece in document.chunks:
                given += piece
    except TruncatedInputError:
        assert not is_between_members
    else:
        # One or two bytes of it are no gzip yet: they pass as they are.
        assert is_between_members or len(cut) < 3
        expected = expected or cut
    assert given == expected


def test_a_damaged_gzip_gives_what_came_before_the_damage() -> None:
    packed = bytearray(gzip.compress(NOISE))
    packed[200_000:200_100] = bytes(100)
    given, error = read_to_the_trouble(bytes(packed), "a.gz", TruncatedInputError)
    assert "damaged" in str(error)
    assert NOISE[:150_000] == given["a"][:150_000]


def test_something_else_after_a_gzip_is_not_passed_over() -> None:
    given, error = read_to_the_trouble(gzip.compress(FEED) + b"<html>An error</html>", "a.gz", TruncatedInputError)
    assert given == {"a": FEED}
    assert "something else" in str(error)


def test_a_zip_gives_its_files_by_name_and_none_of_the_litter() -> None:
    packed = make_zip(
        {"b/jobs.json": OTHER, "a.xml": FEED, "b/": b"", "__MACOSX/._a.xml": b"x", ".DS_Store": b"x", "b/._c.xml": b"x"}
    )
    assert list(read(packed, "feeds.zip").items()) == [("a.xml", FEED), ("b/jobs.json", OTHER)]


def test_a_document_that_nobody_reads_does_not_disturb_the_next() -> None:
    for packed in (make_zip({"a": FEED, "b": OTHER}), make_tar({"a": FEED, "b": OTHER})):
        last = {
            document.name: b"".join(document.chunks) for document in unpack(pieces(packed), "x") if document.name == "b"
        }
        assert last == {"b": OTHER}


def test_a_cut_zip_is_named_as_cut() -> None:
    given, error = read_to_the_trouble(make_zip({"a.xml": FEED})[:-50], "jobs.zip", TruncatedInputError)
    assert given == {}
    assert "zip archive is cut off" in str(error)


def test_a_zip_with_a_damaged_file_gives_the_others_before_it() -> None:
    packed = bytearray(make_zip({"a.xml": OTHER, "b.xml": NOISE}, zipfile.ZIP_STORED))
    where = packed.index(NOISE[:100]) + 1000
    packed[where] ^= 0xFF
    given, error = read_to_the_trouble(bytes(packed), "jobs.zip", TruncatedInputError)
    assert given["a.xml"] == OTHER
    assert "b.xml" in str(error) and "damaged" in str(error)


def test_a_locked_zip_is_named_as_such() -> None:
    packed = bytearray(make_zip({"a.xml": FEED}))
    packed[6] |= 1
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(SourceError, match="locked with a password"):
        read(bytes(packed), "jobs.zip")


@pytest.mark.parametrize("part", ["[Content_Types].xml", "xl/workbook.xml"])
def test_a_spreadsheet_is_one_document(part: str) -> None:
    packed = make_zip({"xl/sheets/sheet1.xml": FEED, part: b"<x/>"})
    assert read(packed, "jobs.xlsx") == {"jobs.xlsx": packed}
    assert read(gzip.compress(packed), "jobs.xlsx.gz") == {"jobs.xlsx": packed}
    assert read(make_zip({"in/jobs.xlsx": packed}), "all.zip") == {"in/jobs.xlsx": packed}


def test_an_open_document_spreadsheet_is_one_document() -> None:
    packed = make_zip({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": FEED})
    assert read(packed, "jobs.ods") == {"jobs.ods": packed}


@pytest.mark.parametrize("kind", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("size", [1, 700, 1_000_000])
def test_a_tar_gives_its_files_in_its_order(kind: int, size: int) -> None:
    files = {"z/jobs.xml": FEED[:3000], "a.json": OTHER[:2000], "empty.xml": b""}
    assert list(read(make_tar(files, kind), "x.tar", size).items()) == list(files.items())


def test_long_names_of_a_tar_are_whole() -> None:
    name = "é" * 90 + "/" + "jobs" * 40 + ".xml"
    assert read(make_tar({name: OTHER}), "x.tar") == {name: OTHER}


def test_links_and_folders_of_a_tar_are_passed_over() -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, kind in (
            ("d", tarfile.DIRTYPE),
            ("l", tarfile.SYMTYPE),
            ("h", tarfile.LNKTYPE),
            ("p", tarfile.FIFOTYPE),
        ):
            header = tarfile.TarInfo(name)
            header.type = kind
            header.linkname = "/etc/passwd"
            archive.addfile(header)
        header = tarfile.TarInfo("a.xml")
        header.size = len(OTHER)
        archive.addfile(header, io.BytesIO(OTHER))
    assert read(made.getvalue(), "x.tar") == {"a.xml": OTHER}


@pytest.mark.parametrize("ending", PACKERS)
def test_a_compressed_tar_is_read_through(ending: str) -> None:
    packed = PACKERS[ending](make_tar({"a.xml": FEED, "b.json": OTHER}))
    assert read(packed, f"x.tar.{ending}") == {"a.xml": FEED, "b.json": OTHER}
    assert read(packed, "x.tgz") == {"a.xml": FEED, "b.json": OTHER}


def test_a_zip_of_compressed_feeds_is_read_through() -> None:
    packed = make_zip({"a.xml.gz": gzip.compress(FEED), "b.json.zst": zstd.compress(OTHER)})
    assert read(packed, "x.zip") == {"a.xml": FEED, "b.json": OTHER}


@pytest.mark.parametrize("where", [512, 3000, 950_000, len(make_tar({"a.xml": FEED, "b.json": OTHER})) - 15_000])
def test_a_cut_tar_gives_what_is_there_and_says_so(where: int) -> None:
    packed = make_tar({"a.xml": FEED, "b.json": OTHER})
    given, error = read_to_the_trouble(packed[:where], "x.tar", TruncatedInputError)
    assert "tar archive is cut off" in str(error)
    both = given.get("a.xml", b"") + given.get("b.json", b"")
    assert (FEED + OTHER).startswith(both)
    # Nothing is lost but the headers and what fills up blocks.
    assert len(both) > where - 3000


def test_a_tar_gz_that_is_cut_is_named_by_its_first_trouble() -> None:
    packed = gzip.compress(make_tar({"a.xml": NOISE, "b.json": OTHER}))
    given, error = read_to_the_trouble(packed[:200_000], "x.tar.gz", TruncatedInputError)
    assert NOISE.startswith(given["a.xml"]) and len(given["a.xml"]) > 100_000
    assert "gzip data is cut off" in str(error)


def test_a_tar_that_ends_where_a_file_ends_is_still_cut() -> None:
    files = {"a.xml": FEED, "b.json": OTHER}
    packed = make_tar(files)
    end_of_a = 512 + (len(FEED) + 511) // 512 * 512
    given, _ = read_to_the_trouble(packed[:end_of_a], "x.tar", TruncatedInputError)
    assert given == {"a.xml": FEED}


@pytest.mark.parametrize("head", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00"])
def test_archives_that_cannot_be_read_are_named(head: bytes) -> None:
    with pytest.raises(SourceError, match="archive, which job-pipe does not read"):
        read(head + NOISE, "jobs.bin")


# --- bombs


def bomb(kind: str) -> bytes:
    """A gigabyte of zeros in about a megabyte or less."""
    block = bytes(1024 * 1024)
    if kind == "zip":
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("jobs.xml", "w") as file:
            for _ in range(1024):
                file.write(block)
        return made.getvalue()
    packer = {
        "gzip": lambda: zlib.compressobj(wbits=31),
        "zstd": lambda: zstd.ZstdCompressor(level=1),
        "xz": lambda: lzma.LZMACompressor(preset=0),
        "bzip2": bz2.BZ2Compressor,
    }[kind]()
    count = 200 if kind in ("bzip2", "xz") else 1024
    return b"".join([packer.compress(block) for _ in range(count)]) + packer.flush()


@pytest.mark.parametrize("kind", ["gzip", "zip", "zstd", "xz", "bzip2"])
def test_a_bomb_of_a_gigabyte_ends_soon_in_little_memory(kind: str) -> None:
    packed = bomb(kind)
    assert len(packed) < 1_200_000
    began = time.monotonic()
    tracemalloc.start()
    with pytest.raises(LimitExceededError, match=r"looks like a bomb.*source\.limits\.ratio"):
        for document in unpack(pieces(packed), "jobs.xml.gz"):
            for _ in document.chunks:
                pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.monotonic() - began < 15
    assert peak < 20_000_000


def test_a_zip_that_lies_about_its_sizes_is_stopped_while_it_is_read() -> None:
    packed = bytearray(bomb("zip"))
    where = packed.index(b"PK\x01\x02") + 24
    packed[where : where + 4] = (1000).to_bytes(4, "little")
    with pytest.raises((LimitExceededError, TruncatedInputError)):
        read(bytes(packed), "jobs.zip")


def test_a_bomb_in_a_bomb_is_stopped() -> None:
    inner = gzip.compress(gzip.compress(bytes(300 * 1024 * 1024), 9), 9)
    with pytest.raises(LimitExceededError, match="bomb"):
        read(make_zip({"a.gz": inner}), "x.zip")


def test_a_spreadsheet_that_is_a_bomb_is_not_handed_on() -> None:
    packed = bytearray(make_zip({"[Content_Types].xml": b"<x/>", "xl/sheet.xml": bytes(150 * 1024 * 1024)}))
    with pytest.raises(LimitExceededError, match="bomb"):
        read(bytes(packed), "jobs.xlsx")


def test_the_limit_on_size_counts_all_documents() -> None:
    limits = UnpackLimits(unpacked=len(FEED) + 1000)
    assert read(gzip.compress(FEED), "a.gz", limits=limits)
    with pytest.raises(LimitExceededError, match=r"unpacks to more than.*source\.limits\.unpacked"):
        read(make_zip({"a": FEED, "b": FEED}), "a.zip", limits=limits)


def test_honest_xml_of_a_high_ratio_passes_while_it_is_small() -> None:
    assert read(gzip.compress(bytes(20 * 1024 * 1024)), "a.gz")["a"] == bytes(20 * 1024 * 1024)


def test_too_many_files_are_refused() -> None:
    files = {f"{n}.xml": b"<a/>" for n in range(30)}
    for packed in (make_zip(files), make_tar(files)):
        with pytest.raises(LimitExceededError, match="more than 20 files"):
            read(packed, "x", limits=UnpackLimits(members=20))


def test_wrapping_within_wrapping_ends() -> None:
    packed = FEED
    for _ in range(3):
        packed = gzip.compress(packed)
    assert read(packed, "a.gz") == {"a": FEED}
    with pytest.raises(LimitExceededError, match="packed more than 3 times"):
        read(gzip.compress(packed), "a.gz")


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_SPARSE])
def test_a_tar_header_cannot_fill_the_memory(kind: bytes) -> None:
    header = tarfile.TarInfo("x")
    header.type = kind
    header.size = 200 * 1024 * 1024
    packed = header.tobuf(tarfile.GNU_FORMAT) + bytes(4 * 1024 * 1024)
    with pytest.raises(LimitExceededError, match="which no feed needs"):
        read(packed, "x.tar")


def test_a_zip_cannot_claim_a_huge_table_of_contents() -> None:
    end = b"PK\x05\x06" + bytes(4) + (60_000).to_bytes(2, "little") * 2 + (50_000_000).to_bytes(4, "little") + bytes(6)
    with pytest.raises(LimitExceededError, match="table of contents"):
        read(b"PK\x03\x04" + bytes(50_000_000) + end, "x.zip")


def test_a_spooled_zip_leaves_nothing_behind(tmp_path: Path) -> None:
    documents = unpack(pieces(make_zip({"a": FEED, "b": OTHER})), "x.zip", spool_folder=tmp_path)
    next(iter(next(documents).chunks))
    documents.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


def test_memory_stays_flat_over_200_megabytes() -> None:
    feed = FEED * 2

    def endless() -> Iterator[bytes]:
        packer = zlib.compressobj(1, wbits=31)
        for _ in range(200 * 1024 * 1024 // len(feed)):
            yield packer.compress(feed)
        yield packer.flush()

    tracemalloc.start()
    total = sum(len(piece) for document in unpack(endless(), "a.gz") for piece in document.chunks)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total > 190 * 1024 * 1024
    assert peak < 8 * 1024 * 1024
