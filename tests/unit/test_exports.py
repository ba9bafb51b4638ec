"""Exports as other programs read them; written whole or not at all, and a posting at a time."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import feedparser
import msgspec
import openpyxl
import pyarrow.parquet as pq
import pytest
import python_calamine
from command_line import jobpipe
from exported_postings import ALL, DRIVER, TRAVELLER
from lxml import etree
from project_folder import ProjectFolder, xml_feed
from reading_exports import OPTIONS, PARTNERS, exported, xml_schema

from jobpipe.destinations.export import export_to_file
from jobpipe.destinations.formats import parquet, xlsx
from jobpipe.destinations.formats.format import FORMAT_NAMES, Setting, output_format
from jobpipe.errors import JobpipeError, UsageError
from jobpipe.posting import Category, Company, JobPosting, Location, Salary

POSTINGS = [
    JobPosting(
        reference="A-1",
        title="Chef de projet & coordination",
        url="https://example.org/offres/A-1",
        company=Company(name="Atelier Exemple"),
        description="<p>Un texte ]]> hostile \x0b ici</p>",
        description_text='Un texte\nsur deux lignes; avec "guillemets"',
        locations=[Location(text="Lyon (69)", city="Lyon", country="FR"), Location(city="Nantes", country="FR")],
        contract="permanent",
        category=[Category(code="M1402", label="Conseil")],
        salary=Salary(min=35000, max=42000.0, currency="EUR", period="year"),
        posted_at="2026-11-20",
    ),
    JobPosting(reference="A-2", title='=HYPERLINK("https://example.org")'),
]


# Carried by none of the postings here.
UNSAID = {"companyId", "experienceLevel"}


def written(name: str, postings: list[JobPosting] = POSTINGS) -> bytes:
    return b"".join(output_format(name).write(postings, Setting()))


def test_json_lines_have_one_posting_a_line_with_the_names_of_the_schema() -> None:
    first, second = (json.loads(line) for line in written("jsonl").splitlines())
    assert first["company"] == {"name": "Atelier Exemple"}
    assert second == {"reference": "A-2", "title": '=HYPERLINK("https://example.org")'}


def test_a_csv_can_be_read_back_and_never_holds_a_formula() -> None:
    first, second = csv.DictReader(io.StringIO(written("csv").decode("utf-8-sig"), newline=""))
    assert first["description_text"] == POSTINGS[0].description_text
    assert (first["location"], first["city"], first["salary_min"]) == ("Lyon (69) | Nantes", "Lyon | Nantes", "35000")
    assert second["title"].startswith("'=")


def test_the_indeed_feed_has_one_job_a_place_and_is_well_formed_whatever_the_text() -> None:
    root = etree.fromstring(written("indeed"))
    assert [job.findtext("referencenumber") for job in root.iter("job")] == ["A-1", "A-1-2", "A-2"]
    job = root.find("job")
    assert job is not None
    assert job.findtext("description") == "<p>Un texte ]]> hostile  ici</p>"
    assert (job.findtext("jobtype"), job.findtext("city"), job.findtext("country")) == ("fulltime", "Lyon", "FR")
    assert job.findtext("salary") == "35,000 - 42,000 EUR per year"


def test_hourly_wages_keep_their_cents() -> None:
    driver = etree.fromstring(exported("indeed", [DRIVER])).find("job")
    assert driver is not None
    assert driver.findtext("salary") == "14.50 EUR per hour"


def test_indeed_gets_no_entities_that_can_be_done_without() -> None:
    text = "<p>R&amp;D &amp; plus&nbsp;tard &gt; 3, x &lt; 4, &lt;b&gt;</p>"
    job = etree.fromstring(exported("indeed", [JobPosting(reference="1", title="t", description=text)])).find("job")
    assert job is not None
    assert job.findtext("description") == "<p>R&amp;D & plus\u00a0tard > 3, x < 4, &lt;b></p>"


def test_linkedin_is_told_how_many_jobs_are_expected() -> None:
    root = etree.fromstring(exported("linkedin", ALL, expected=3))
    assert root.findtext("expectedJobCount") == str(len(root.findall("job"))) == "3"
    traveller = root.findall("job")[2]
    assert [place.text for place in traveller.iter("alternateLocation")] == ["Gent"]
    assert etree.fromstring(exported("linkedin", ALL)).find("expectedJobCount") is None


def test_options_of_the_destination_reach_the_feed() -> None:
    for name in ("indeed", "talent"):
        root = etree.fromstring(exported(name, []))
        assert (root.findtext("publisher"), root.findtext("publisherurl")) == ("Example & Co", "https://example.org")
    own = etree.fromstring(exported("linkedin", [TRAVELLER], options={"poster_email": "house@example.org"}))
    assert own.findtext("job/posterEmail") == "jobs@example.org"


def test_a_reader_of_feeds_reads_the_rss() -> None:
    feed = feedparser.parse(exported("rss", ALL))
    assert not feed.bozo
    assert (feed.version, feed.feed.title, feed.feed.link) == ("rss20", "Example & Co", "https://example.org")
    assert [(one.id, one.title, one.link) for one in feed.entries] == [
        (one.reference, one.title, one.url) for one in ALL
    ]
    assert feed.entries[0].published_parsed[:5] == (2026, 11, 20, 8, 30)
    assert feed.entries[0].author == "Atelier Exemple"


def test_parquet_has_every_field_with_its_type_in_groups_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "GROUP", 2)
    file = pq.ParquetFile(io.BytesIO(exported("parquet", ALL)))
    assert file.num_row_groups == 2
    assert str(file.schema_arrow.field("salary").type).startswith("struct<min: double, max: double")
    assert [as_posting(row) for row in file.read().to_pylist()] == ALL
    assert pq.ParquetFile(io.BytesIO(exported("parquet", []))).metadata.num_rows == 0


def as_posting(row: dict[str, Any]) -> JobPosting:
    """Of a row, whose lists of one and whose JSON are as the schema has them."""
    said = {name: value for name, value in row.items() if value is not None}
    for name in {"experience", "education", "industry"} & said.keys():
        (said[name],) = said[name]
    if "extra" in said:
        said["extra"] = json.loads(said["extra"])
    return msgspec.convert(said, JobPosting)


def test_a_workbook_holds_texts_and_numbers_and_never_a_formula() -> None:
    made = exported("xlsx", [POSTINGS[0], POSTINGS[1]])
    header, first, second = openpyxl.load_workbook(io.BytesIO(made)).active.iter_rows()
    row = {name.value: cell for name, cell in zip(header, first, strict=True)}
    assert (row["title"].value, row["salary_min"].value) == (POSTINGS[0].title, 35000)
    assert row["city"].value == "Lyon | Nantes"
    assert (second[1].value, second[1].data_type) == (POSTINGS[1].title, "s")
    assert len(python_calamine.load_workbook(io.BytesIO(made)).get_sheet_by_index(0).to_python()) == 3


def test_a_workbook_that_is_full_goes_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "MAX_ROWS", 3)
    book = openpyxl.load_workbook(io.BytesIO(exported("xlsx", ALL)), read_only=True)
    assert book.sheetnames == ["postings", "postings 2"]
    rows = [[row[0] for row in sheet.iter_rows(values_only=True)] for sheet in book]
    assert rows == [["reference", "A-1", "B/2"], ["reference", "C-3"]]


def test_a_text_too_long_for_a_cell_is_cut_and_says_so() -> None:
    posting = JobPosting(reference="1", title="t", description_text="é" * 40_000)
    fields = {"text": "description_text"}
    (_, (cell,)) = openpyxl.load_workbook(io.BytesIO(exported("xlsx", [posting], fields=fields))).active.values
    assert len(cell) == 32_767
    assert cell.endswith("é […cut: 40,000 characters]")


def test_names_can_be_those_of_the_destination() -> None:
    fields = {"id": "reference", "employer": "company.name", "towns": "locations.city", "pay": "salary", "none": "url"}
    posting = msgspec.structs.replace(POSTINGS[0], url=None)
    (row,) = csv.DictReader(io.StringIO(exported("csv", [posting], fields=fields).decode("utf-8-sig"), newline=""))
    assert row == {
        "id": "A-1",
        "employer": "Atelier Exemple",
        "towns": "Lyon | Nantes",
        "pay": '{"min":35000,"max":42000.0,"currency":"EUR","period":"year"}',
        "none": "",
    }
    assert json.loads(exported("jsonl", [posting], fields=fields))["towns"] == ["Lyon", "Nantes"]


def test_a_template_makes_a_partners_own_json() -> None:
    item = {
        "id": "reference",
        "kind": {"value": "posting.contract or 'none'"},
        "pay": {"value": "posting.salary.min * 2"},
        "source": {"constant": 7},
        "place": {"city": "locations.0.city", "country": "locations.0.country"},
        "places": {"each": "locations", "item": {"town": "city"}},
    }
    first, second = json.loads(exported("template", POSTINGS, template={"json": {"item": item}}))
    assert first["places"] == [{"town": "Lyon"}, {"town": "Nantes"}]
    assert (first["place"], first["pay"], first["source"]) == ({"city": "Lyon", "country": "FR"}, 70000, 7)
    # An expression that fails on a posting says nothing of it.
    assert second == {"id": "A-2", "kind": "none", "source": 7}
    lines = exported("template", POSTINGS, template={"json": {"item": {"id": "reference"}, "lines": True}})
    assert lines == b'{"id":"A-1"}\n{"id":"A-2"}\n'


@pytest.mark.parametrize("name", FORMAT_NAMES)
def test_an_export_of_nothing_is_still_a_whole_file(name: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    setting = Setting(options=OPTIONS, template={"json": {"item": {"id": "reference"}}})
    assert export_to_file([], output_format(name), target, setting) == 0
    assert target.exists()
    if name in PARTNERS:
        xml_schema(name).assertValid(etree.parse(target))


@pytest.mark.parametrize("name", [name for name in FORMAT_NAMES if name not in ("xlsx", "parquet")])
def test_postings_are_written_as_they_come(name: str) -> None:
    asked = 0

    def many() -> Iterator[JobPosting]:
        nonlocal asked
        for posting in ALL:
            asked += 1
            yield posting

    setting = Setting(options=OPTIONS, template={"json": {"item": {"id": "reference"}}})
    for piece in output_format(name).write(many(), setting):
        if any(text in piece for text in (b"Soudeur", b"A-1")):
            break
    assert asked == 1


@pytest.mark.parametrize("name", [*PARTNERS, "google"])
def test_the_page_of_formats_names_what_is_in_the_file(name: str) -> None:
    made = exported(name, ALL, expected=3).decode()
    for there in output_format(name).carries:
        for word in re.split("[@.]", there):
            assert f"<{word}" in made or f'"{word}"' in made or f" {word}=" in made or word in UNSAID, there


def test_export_takes_options_names_and_a_template(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    project.run(xml_feed({"1": "Soudeur", "2": "Monteur"}))
    template = tmp_path / "board.yaml"
    template.write_text("template: {xml: {around: jobs, elements: {name: title}}}")

    def run(*arguments: str) -> tuple[int, str]:
        done = jobpipe("-C", project.root, "export", "offers", "--to", "-", *arguments)
        return done.returncode, done.stdout if done.returncode == 0 else done.stderr

    _, linkedin = run("--as", "linkedin", "--option", "publisher=Example")
    assert "<expectedJobCount><![CDATA[2]]>" in linkedin
    assert "<publisher><![CDATA[Example]]>" in linkedin
    assert run("--as", "csv", "--field", "name=title")[1].splitlines()[1:] == ["Soudeur", "Monteur"]
    assert "<name><![CDATA[Soudeur]]></name>" in run("--as", "template", "--template", str(template))[1]
    code, said = run("--as", "rss")
    assert code == 2 and "publisher_url" in said
    assert "NAME=VALUE" in run("--option", "publisher")[1]


def test_an_export_that_fails_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "offers.jsonl"
    target.write_text("yesterday")

    def breaking() -> Iterator[JobPosting]:
        yield POSTINGS[0]
        raise RuntimeError("the store is gone")

    with pytest.raises(RuntimeError):
        export_to_file(breaking(), output_format("jsonl"), target)
    assert target.read_text() == "yesterday"
    assert [path.name for path in tmp_path.iterdir()] == ["offers.jsonl"]


def test_an_unknown_format_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="jsonl"):
        output_format("excel")


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobpipeError, match="nowhere"):
        export_to_file(POSTINGS, output_format("csv"), tmp_path / "nowhere" / "x.csv")
