"""`jobpipe record` and `jobpipe test`: a source's answers kept beside its definition, checked without the source."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from api_service import ApiService, Asked
from command_line import jobpipe
from hypothesis import given, settings
from hypothesis import strategies as some
from job_site import ALL, JobSite
from project_folder import ProjectFolder, xml_feed
from soap_service import OfferService

from jobpipe.definition.project import Project, find_project
from jobpipe.errors import SourceError
from jobpipe.runs.fixtures import check, record
from jobpipe.runs.fixtures.cutting import cut_document
from jobpipe.runs.fixtures.junit import junit_xml
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.record import FormatSettings

DEFINITION = """\
import: board
source:
  feed: "feed${BOARD_KIND:-}.xml"
posting:
  reference: "@id"
  title: [intitule, clean]
  url: lien
  posted_at: {from: date, then: {date: {relative: true}}}
  locations: {from: ville}
"""
FEED = """\
<offres xmlns:x="urn:x"><!-- <offre> -->
  <groupe nom="a>b">
  <offre id="1"><intitule>Soudeur  naval</intitule><ville>Brest</ville><date>yesterday</date>
    <lien>https://x.example/o?id=1&amp;access_token=tok-aaaa-1</lien></offre>
  <offre id="2"><intitule>Pilote</intitule><ville>Nice</ville><api_key>geheim-4711</api_key>
    <lien>https://anna:pw@x.example/o?id=2&amp;access_token=tok-bbbb-2</lien></offre>
  <offre id="3"><intitule>Maçon</intitule><recruteur><nom>Maëlle Exemple</nom>
    <mail>maelle@x.example</mail></recruteur><texte>Appelez Maelle Exemple, tél. 01 23 45 67 89</texte></offre>
  </groupe>
  <groupe><offre id="4"><intitule>Soudeur</intitule></offre></groupe>
</offres>
"""
KEYS = ["1", "2", "3", "4"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "imports").mkdir()
    (tmp_path / "jobpipe.yaml").write_text("{}\n")
    (tmp_path / "imports" / "board.yaml").write_text(DEFINITION)
    (tmp_path / "feed.xml").write_text(FEED, encoding="utf-8")
    return tmp_path


@pytest.fixture
def project(folder: Path) -> Project:
    return find_project(folder, {})


def expected(project: Project, name: str = "board") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((project.root / "tests" / name / "expected.json").read_text())
    return found


def change(project: Project, before: str, after: str, name: str = "board") -> None:
    path = project.root / "imports" / f"{name}.yaml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


# Recording -------------------------------------------------------------------------------------------


def test_a_feed_is_kept_with_its_first_records_and_what_is_made_of_them(project: Project) -> None:
    recorded = record(project, "board", count=2)
    kept = (project.root / "tests/board/answers/feed.xml").read_bytes()
    assert [one.get("id") for one in ElementTree.fromstring(kept).iter("offre")] == ["1", "2"]
    assert (recorded.outcomes, recorded.cut) == ({"posting": 2}, ["feed.xml"])
    assert [one["posting"]["title"] for one in expected(project)] == ["Soudeur naval", "Pilote"]
    (project.root / "feed.xml").unlink()
    assert check(project, "board").state == "passed"


def test_secrets_are_masked_and_still_told_apart(project: Project) -> None:
    recorded = record(project, "board")
    said = "".join(path.read_text() for path in (project.root / "tests").rglob("*") if path.is_file())
    for secret in ("geheim", "tok-aaaa", "tok-bbbb", "anna:pw"):
        assert secret not in said
    first, second = (one["posting"]["url"] for one in expected(project)[:2])
    assert first == "https://x.example/o?id=1&access_token=***" and second.endswith("access_token=***2")
    assert recorded.secrets == 3


def test_data_of_persons_is_masked_where_that_is_asked_for(project: Project) -> None:
    record(project, "board")
    assert "Maëlle Exemple" in (project.root / "tests/board/answers/feed.xml").read_text()
    assert record(project, "board", mask=True).persons == 3
    said = (project.root / "tests/board/answers/feed.xml").read_text()
    assert "person1@example.org" in said and "tél. 00 00 00 00 01" in said
    assert "Exemple" not in said and "elle" not in said and "Soudeur" in said


def test_a_source_without_a_record_leaves_the_fixture_as_it_was(project: Project) -> None:
    record(project, "board")
    before = expected(project)
    (project.root / "feed.xml").write_text("<offres></offres>")
    with pytest.raises(SourceError, match="no record"):
        record(project, "board")
    assert expected(project) == before and check(project, "board").state == "passed"


RECORDS = [{"id": number, "text": f'a "{number}", <b>\n]}}'} for number in range(1, 7)]
DOCUMENTS = {
    "list.json": json.dumps({"total": 6, "groups": [{"jobs": RECORDS[:4]}, {"jobs": RECORDS[4:]}], "x": [{}]}),
    "bare.json": json.dumps(RECORDS, indent=1),
    "lines.ndjson": "\n".join(map(json.dumps, RECORDS)) + "\n",
    "table.csv": "id;text\r\n" + "".join(f'{one["id"]};"a ""{one["id"]}""\r\n;b"\r\n' for one in RECORDS),
    "feed.xml": "<a><b><!--<job>--><job id='1'/></b><b><job id='2'>]]&gt;<![CDATA[</job>]]></job><job id='3'/></b></a>",
}
SETTINGS = {"list.json": FormatSettings(record="groups[*].jobs[*]"), "feed.xml": FormatSettings(record="job")}


@given(name=some.sampled_from(sorted(DOCUMENTS)), most=some.integers(1, 7), size=some.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_a_document_that_is_cut_has_its_first_records_and_is_well_formed(name: str, most: int, size: int) -> None:
    content, of_format = DOCUMENTS[name].encode(), SETTINGS.get(name, FormatSettings())
    chunks = [content[place : place + size] for place in range(0, len(content), size)]
    cut = cut_document(chunks, name, of_format, most)

    def records(document: bytes) -> tuple[list[bytes], bool]:
        splitter = open_splitter(of_format, name)
        found = splitter.feed(document)
        rest, ending = splitter.close()
        return [one.raw for one in found + rest], ending.complete

    whole, _ = records(content)
    assert records(cut.content) == (whole[:most], True)
    assert (cut.records, cut.is_cut) == (min(most, len(whole)), most < len(whole))


# Checking --------------------------------------------------------------------------------------------


def test_what_differs_is_told_field_by_field_until_it_is_approved(project: Project) -> None:
    record(project, "board")
    change(project, "locations: {from: ville}", "locations: {from: ville, then: upper}")
    change(project, "[intitule, clean]", "[intitule, clean, {default: x}]")
    found = {one.key: [(part.field, part.made) for part in one.fields] for one in check(project, "board").differences}
    assert found == {"1": [("locations[0].text", "BREST")], "2": [("locations[0].text", "NICE")]}
    done = jobpipe("-C", project.root, "test", columns=80)
    assert done.returncode == 1
    assert "- Brest" in done.stdout and "+ BREST" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    approved = jobpipe("-C", project.root, "test", "board", "--approve")
    assert approved.returncode == 0 and "+ BREST" in approved.stdout
    assert check(project, "board").state == "passed"


def test_records_that_come_or_go_are_named(project: Project) -> None:
    record(project, "board")
    answers = project.root / "tests/board/answers/feed.xml"
    answers.write_text(answers.read_text().replace('id="4"', 'id="5"'))
    assert [(one.kind, one.key) for one in check(project, "board").differences] == [("gone", "4"), ("new", "5")]


def test_words_for_days_count_from_the_day_of_the_recording(project: Project) -> None:
    record(project, "board")
    about = project.root / "tests/board/fixture.yaml"
    lines = about.read_text().splitlines()
    about.write_text("\n".join("recorded: '2020-03-01'" if one.startswith("recorded") else one for one in lines))
    (change,) = check(project, "board").differences
    assert [(part.field, part.made) for part in change.fields] == [("posted_at", "2020-02-29")]


def test_nothing_but_the_fixture_is_read_and_no_ledger_is_made(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(project, "board")
    change(project, "BOARD_KIND:-}", "BOARD_KIND}")  # a variable that is not set here
    before = sorted(project.root.rglob("*"))

    def refuse(*_: Any) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert check(project, "board").state == "passed"
    assert sorted(project.root.rglob("*")) == before


def test_imports_without_a_fixture_are_named_and_fail_only_strictly(project: Project) -> None:
    done = jobpipe("-C", project.root, "test")
    assert done.returncode == 0 and "without a fixture  board" in done.stdout
    assert jobpipe("-C", project.root, "test", "--strict").returncode == 1


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("fixture.yaml", "version: 0\n", "older version"),
        ("fixture.yaml", "version: 99\n", "newer version"),
        ("fixture.yaml", "[]\n", "this is no fixture"),
        ("expected.json", "{", "cannot be read"),
        ("answers/feed.xml", "<offres></offres>", "no record is found"),
        ("answers/feed.xml", None, "is missing"),
    ],
)
def test_a_fixture_that_cannot_be_read_says_what_to_do(
    project: Project, file: str, text: str | None, said: str
) -> None:
    record(project, "board")
    path = project.root / "tests/board" / file
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    if said == "no record is found":
        (project.root / "tests/board/expected.json").write_text("[]")
    checked = check(project, "board")
    assert checked.state == "error" and checked.error is not None
    assert said in str(checked.error) and checked.error.hint
    done = jobpipe("-C", project.root, "test", "board")
    assert done.returncode == 1 and said in " ".join(done.stdout.split())


def test_a_definition_that_cannot_run_is_an_error_of_its_test_alone(project: Project) -> None:
    record(project, "board")
    (project.root / "imports" / "other.yaml").write_text("import: other\nsource: {feed: x}\nposting: {titel: x}\n")
    (project.root / "tests" / "other").mkdir()
    (project.root / "tests/other/fixture.yaml").write_text((project.root / "tests/board/fixture.yaml").read_text())
    (project.root / "tests/other/expected.json").write_text("[]")
    done = jobpipe("-C", project.root, "test", "--json")
    assert done.returncode == 1
    states = {one["import"]: one["state"] for one in json.loads(done.stdout)["imports"]}
    assert states == {"board": "passed", "other": "error"}


def test_results_are_written_as_junit(project: Project) -> None:
    record(project, "board")
    change(project, "[intitule, clean]", "ville")
    file = project.root / "results.xml"
    assert jobpipe("-C", project.root, "test", "--junit", file).returncode == 1
    suite = ElementTree.fromstring(file.read_bytes())
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "1", "0")
    assert "+ Brest" in str(suite.findtext(".//failure"))
    assert ElementTree.fromstring(junit_xml([check(project, "board")], ["\x00 < &"], strict=False)) is not None


# Sources that are asked ------------------------------------------------------------------------------

API = """\
import: offers
source:
  api:
    url: {url}/${{BOARD_SITE}}/jobs
    params: {{page: "{{page}}", key: "${{BOARD_KEY}}"}}
    page: {{by: number, size: 10}}
    detail: {{url: "{url}/detail/{{id}}"}}
  record: jobs[*]
posting: {{reference: id, title: title, description: detail.text}}
"""


@pytest.fixture
def service() -> Iterator[ApiService]:
    with ApiService() as running:
        yield running


def test_a_service_is_recorded_with_its_details_and_tested_without_it_and_its_secrets(
    service: ApiService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page(asked: Asked) -> Any:
        first = (asked.number("page", 1) - 1) * 10
        return {"jobs": [{"id": f"j{first + n}", "title": f"Offre {first + n}"} for n in range(10)]}

    service.on("/geheimer-weg/jobs", page)
    service.on("/detail/", lambda asked: {"text": f"Texte {asked.path}"})
    folder = ProjectFolder(tmp_path / "project", API.format(url=service.url("")))
    monkeypatch.setenv("BOARD_SITE", "geheimer-weg")
    monkeypatch.setenv("BOARD_KEY", "schluessel-1")
    project = find_project(folder.root, {})
    assert record(project, "offers", count=12).outcomes == {"posting": 12}
    said = "".join(path.read_text() for path in (folder.root / "tests").rglob("*") if path.is_file())
    assert "geheimer-weg" not in said and "schluessel" not in said
    asked = len(service.asked("/geheimer-weg/jobs"))
    assert check(project, "offers").state == "passed"
    monkeypatch.delenv("BOARD_SITE")
    monkeypatch.delenv("BOARD_KEY")
    checked = check(project, "offers")
    assert (checked.state, checked.records) == ("passed", 12), checked.error
    assert len(service.asked("/geheimer-weg/jobs")) == asked
    change(project, "/detail/", "/details/", "offers")
    other = check(project, "offers")
    assert other.state == "error" and "/details/j0" in str(other.error)


def test_what_the_last_run_read_is_recorded_without_its_source(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path / "project")
    folder.keep_all_in_files()
    folder.run(xml_feed({"a": "Alpha", "b": "Beta"}))
    (folder.root / "feed.xml").unlink()
    done = jobpipe("-C", folder.root, "record", "offers", "--from", "archive", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcomes"] == {"posting": 2}
    assert check(find_project(folder.root, {}), "offers").state == "passed"


def test_a_soap_service_is_recorded_and_tested_without_it(tmp_path: Path) -> None:
    with ApiService() as running:
        offers = OfferService(running)
        definition = (
            f"import: offers\nsource:\n  record: offer\n  soap:\n    wsdl: {offers.address}?wsdl\n"
            "    operation: FindOffers\n    params: {Page: '{page}'}\n    page: {by: number, size: 10}\n"
            "posting: {reference: id, title: title}\n"
        )
        project = find_project(ProjectFolder(tmp_path / "project", definition).root, {})
        record(project, "offers", count=15)
    checked = check(project, "offers")
    assert checked.state == "passed" and checked.records >= 15, checked.error


def test_a_site_is_recorded_and_tested_without_it(site: JobSite, tmp_path: Path) -> None:
    pytest.importorskip("scrapy")
    project = find_project(ProjectFolder(tmp_path / "project", site.definition()).root, {})
    record(project, "offers")
    assert {one["key"] for one in expected(project, "offers")} == ALL
    asked = len(site.requests)
    checked = check(project, "offers")
    assert (checked.state, checked.records) == ("passed", len(ALL)), checked.error
    assert len(site.requests) == asked
