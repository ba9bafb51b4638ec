"""Connectors: each is read from a service that gives recorded answers; what an import adds goes before what it brings.

To test one more, add a folder to `tests/data/connectors`: docs/how-to/add-a-connector.md.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import jobpipe
from jsonschema import Draft202012Validator
from project_folder import ProjectFolder, adds_up
from recorded_service import RecordedService

from jobpipe.definition.connectors import connector, connector_names, expand
from jobpipe.definition.faults import InvalidFileError
from jobpipe.definition.loading import parse_definition
from jobpipe.documents.body import unpack
from jobpipe.documents.store import Selection, Status
from jobpipe.ledger.models import Import
from jobpipe.runs.definition_schema import schema_text
from jobpipe.runs.report import RunReport
from jobpipe.transform.compile import check_definition

RECORDED = Path(__file__).parent.parent / "data" / "connectors"
# Where a real answer of the service lies among the samples, and the definition that imports it without a connector.
REAL = {
    "ashby": ("json/ashby_openevidence.json", "ashby"),
    "digital_recruiters": ("json/decathlon_digitalrecruiters.json", "digital-recruiters"),
    "france_travail": ("json/france_travail_offres_v2.json", "france-travail-api"),
    "greenhouse": ("json/greenhouse_smarterdx.json", "greenhouse"),
    "lever": ("json/lever_palantir.json", "lever"),
    "personio": ("xml/personio_positions.xml", "personio"),
    "talentsoft": ("xml/talentsoft_edf_offers.xml", "talentsoft"),
    "teamtailor": ("json/teamtailor_jsonfeed.json", "teamtailor"),
}
# What both make alike; the others the connectors make more of.
ALIKE = ("title", "url", "contract", "working_time", "remote", "salary", "posted_at", "updated_at", "experience")
# By hand it is written into the definition, where the record does not tell it.
GIVEN_BY_HAND = {"company"}
HOST = re.compile(r"^https://[^/]+")


def minimal(name: str) -> dict[str, Any]:
    """An import that gives the connector what it needs and no more."""
    needed = [one.name for one in connector(name).takes.values() if one.is_needed]
    values = {"feed": "https://example.org/offers", "host": "example.org", "site": "careers.example.org"}
    return {"import": "offers", "source": {name: {word: values.get(word, "acme") for word in needed}}}


def at(value: dict[str, Any], here: str) -> dict[str, Any]:
    """The import with every address of its source at another host; said by the import itself."""
    brought = expand(copy.deepcopy(value))["source"]
    own = copy.deepcopy(value)
    for path in (("feed",), ("api", "url"), ("api", "detail", "url"), ("auth", "oauth2", "url")):
        found: Any = brought
        for word in path:
            found = found.get(word) if isinstance(found, dict) else None
        if found is not None:
            block = own["source"]
            for word in path[:-1]:
                block = block.setdefault(word, {})
            block[path[-1]] = HOST.sub(here, found)
    return own


def postings(folder: ProjectFolder, status: Status | None) -> dict[str, Any]:
    with folder.open() as workspace:
        import_id = Import.objects.get(name="offers").pk
        bodies = workspace.documents.bodies(import_id, Selection(status=status))
        return {row.key: json.loads(unpack(body).posting or b"{}") for row, body in bodies if row.key}


def run_recorded(name: str, folder: Path, service: RecordedService) -> tuple[RunReport, dict[str, Any]]:
    written = yaml.safe_load((RECORDED / name / "import.yaml").read_text(encoding="utf-8"))
    project = ProjectFolder(folder, json.dumps(at(written, service.here)))
    return project.run(), postings(project, Status.LIVE)


def is_kept(value: Any, kept: Any) -> bool:
    """Longer texts are kept as their digest."""
    if isinstance(kept, dict) and "sha256" in kept:
        return hashlib.sha256(value.encode()).hexdigest().startswith(kept["sha256"])
    return bool(value == kept)


# Each of them ----------------------------------------------------------------------------------------


def test_every_connector_has_its_recorded_answers() -> None:
    assert sorted(path.name for path in RECORDED.iterdir()) == connector_names()
    assert {name for name in connector_names() if connector(name).tested_on == "recorded"} == set(REAL)


@pytest.mark.parametrize("name", connector_names())
def test_a_connector_is_a_whole_import(name: str) -> None:
    text = json.dumps(minimal(name))
    definition = parse_definition(text, "imports/offers.yaml").definition
    assert check_definition(definition, None, {}) == []
    assert "reference" in definition.posting
    assert {"title", "url", "description", "locations", "posted_at"} <= definition.posting.keys()
    assert connector(name).documentation.startswith("https://")
    left = re.findall(r"<(\w+)>", json.dumps(expand(minimal(name))))
    assert not set(left) - {"name", "h3", "p", "ul"}, "a parameter was not put in place"


@pytest.mark.parametrize("name", connector_names())
def test_recorded_answers_become_postings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FT_SECRET", "secret-of-the-test")
    with RecordedService(RECORDED / name) as service:
        report, made = run_recorded(name, tmp_path / "project", service)
        assert report.state == "succeeded", (report.error, report.why, service.strangers)
        assert not service.strangers
        assert service.given == set(range(len(service.exchanges)))
    assert adds_up(report)
    assert report.complete
    expected = json.loads((RECORDED / name / "postings.json").read_text(encoding="utf-8"))
    assert report.account["rejected"] == 0
    assert report.account["new"] == len(expected)
    assert made == expected
    rules = {field.partition(".")[0] for field in connector(name).definition["posting"]}
    assert rules <= {field for posting in made.values() for field in posting}, "a rule that no recorded answer tries"


@pytest.mark.samples
@pytest.mark.parametrize("name", sorted(REAL))
def test_a_real_answer_gives_what_a_definition_by_hand_gives(name: str, samples: Path, tmp_path: Path) -> None:
    file, example = REAL[name]
    project = ProjectFolder(tmp_path / "project", json.dumps(minimal(name)))
    report = project.run(instead=samples / file)
    assert report.state in ("succeeded", "partial"), report.error
    assert adds_up(report)
    known = json.loads((samples / "expected.json").read_text())[file]
    assert (report.account["read"], report.account["new"]) == (known["records"], known["records"])
    # Of any status: some have ended since they were recorded.
    made = postings(project, None)
    kept = json.loads((RECORDED.parent / "examples" / f"{example}.json").read_text())
    for key, by_hand in kept.items():
        assert by_hand.keys() - GIVEN_BY_HAND <= made[key].keys(), key
        for field in by_hand.keys() & ALIKE:
            assert is_kept(made[key][field], by_hand[field]), (key, field)


@pytest.mark.parametrize("name", connector_names())
def test_editors_accept_what_an_import_says_of_a_connector(name: str) -> None:
    written = yaml.safe_load((RECORDED / name / "import.yaml").read_text(encoding="utf-8"))
    schema = Draft202012Validator(json.loads(schema_text()))
    assert [error.message for error in schema.iter_errors(written)] == []
    written["source"][name] = {"nonsense": "x"}
    assert list(schema.iter_errors(written))
    without = {"import": "offers", "source": {"api": {"page": {"size": 2}}}}
    assert {error.message for error in schema.iter_errors(without)} == {
        "'posting' is a required property",
        "'url' is a required property",
        "'by' is a required property",
    }


def test_what_the_service_counts_anew_every_day_is_no_change(tmp_path: Path) -> None:
    with RecordedService(RECORDED / "workday") as service:
        written = yaml.safe_load((RECORDED / "workday" / "import.yaml").read_text(encoding="utf-8"))
        project = ProjectFolder(tmp_path / "project", json.dumps(at(written, service.here)))
        project.run()
        for exchange in service.exchanges:
            exchange["gives"] = json.loads(json.dumps(exchange["gives"]).replace("Posted Today", "Posted Yesterday"))
        report = project.run()
    assert (report.account["read"], report.account["unchanged"]) == (3, 3)


def test_a_saved_answer_is_read_instead_of_the_service(tmp_path: Path) -> None:
    answers = json.loads((RECORDED / "greenhouse" / "answers.json").read_text(encoding="utf-8"))
    (tmp_path / "answer.json").write_text(json.dumps(answers[0]["gives"]), encoding="utf-8")
    ProjectFolder(tmp_path / "project", json.dumps(minimal("greenhouse")))
    options = ("--file", tmp_path / "answer.json", "--workers", "0", "--json", "--quiet")
    done = jobpipe("run", "offers", *options, cwd=tmp_path / "project")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["account"]["new"] == 2


def test_the_connector_that_the_documentation_shows_is_the_real_one() -> None:
    page = (RECORDED.parent.parent.parent / "docs" / "how-to" / "add-a-connector.md").read_text(encoding="utf-8")
    shown = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0].splitlines()
    written = resources.files("jobpipe.sources.connectors").joinpath("recruitee.yaml").read_text(encoding="utf-8")
    assert [line for line in written.splitlines() if line in shown] == shown


# What a person writes --------------------------------------------------------------------------------


def faults_of(text: str) -> list[tuple[int, int, str, str]]:
    """(line, column, message, hint) of everything that is wrong."""
    with pytest.raises(InvalidFileError) as caught:
        parse_definition(text, "imports/offers.yaml")
    return [(fault.spot.line, fault.spot.column, fault.message, fault.hint) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("source", "line", "column", "said"),
    [
        ("greenhouse: {bord: acme}", 3, 16, "did you mean `board`?"),
        ("greenhouse: {board: acme, colour: red}", 3, 29, "it takes board"),
        ("greenhouse: {}", 3, 3, "greenhouse needs `board`: the board's token"),
        ("greenhouse:", 3, 3, "`board` is a text"),
        ("greenhouse: {board: [acme]}", 3, 16, "`board` is a text"),
        ("workday: acme", 3, 12, "workday needs host and tenant and site"),
        ("workday: {host: h, tenant: t}", 3, 3, "workday needs `site`"),
        ("{greenhouse: acme, lever: acme}", 2, 28, "not both"),
        ("greenhous: acme", 3, 3, "did you mean `greenhouse`?"),
        ("{greenhouse: acme, feed: x.xml}", 2, 28, "not both `greenhouse` and `feed`"),
    ],
)
def test_what_is_wrong_with_a_connector_is_told_at_its_place(source: str, line: int, column: int, said: str) -> None:
    inline = source.startswith("{")
    text = f"import: offers\nsource:{' ' if inline else chr(10) + '  '}{source}\n"
    faults = faults_of(text)
    assert any(
        (at_line, at_column) == (line, column) and said in f"{message} {hint}"
        for at_line, at_column, message, hint in faults
    ), faults


def test_what_an_import_says_goes_before_what_its_connector_brings() -> None:
    text = """\
import: offers
source:
  greenhouse: acme
  holds: changes
  timeout: 5
  api: {params: {content: "false"}}
  auth: {bearer: "${TOKEN}"}
posting:
  title: [title, upper]
  company.name: {value: Acme}
  extra: {office: "offices[0].name"}
expire: {misses: 3}
keep: posting.title
"""
    definition = parse_definition(text, "imports/offers.yaml").definition
    source = definition.source
    assert source.api is not None
    assert source.auth is not None
    assert (source.holds, source.timeout, source.auth.bearer) == ("changes", 5, "${TOKEN}")
    assert source.api.url == "https://boards-api.greenhouse.io/v1/boards/acme/jobs"
    assert source.api.params == {"content": "false"}
    assert (source.record, source.total) == ("jobs[*]", "meta.total")
    posting = definition.posting
    assert [step.name for step in posting["title"].then] == ["upper"]
    assert posting["company"].parts["name"].value == "Acme"
    assert list(posting["extra"].parts) == ["office"]
    assert posting["description"].from_ == ["content"]
    assert (definition.expire.misses, definition.keep) == (3, "posting.title")


def test_an_import_without_what_is_optional_has_no_rule_that_names_it() -> None:
    without = expand({"import": "offers", "source": {"lever": "acme"}})
    assert "company" not in without["posting"]
    assert without["source"]["api"]["url"] == "https://api.lever.co/v0/postings/acme"
    given = {"site": "acme", "company": "Acme & Co", "host": "api.eu.lever.co"}
    with_it = expand({"import": "offers", "source": {"lever": given}})
    assert with_it["posting"]["company"] == {"name": {"value": "Acme & Co"}}
    assert with_it["source"]["api"]["url"] == "https://api.eu.lever.co/v0/postings/acme"


def test_numbers_may_be_given_bare() -> None:
    written = {"client_id": "x", "client_secret": "${S}", "departement": 57}
    made = expand({"import": "offers", "source": {"france_travail": written}})
    assert made["source"]["api"]["params"]["departement"] == "57"
    assert "commune" not in made["source"]["api"]["params"]


def test_a_search_that_finds_more_than_may_be_read_is_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FT_SECRET", "secret-of-the-test")
    with RecordedService(RECORDED / "france_travail") as service:
        for exchange in service.exchanges:
            if "Content-Range" in exchange.get("headers", {}):
                exchange["headers"]["Content-Range"] = exchange["headers"]["Content-Range"].replace("/3", "/9000")
                exchange["gives"]["resultats"] = [
                    {**offer, "id": f"{offer['id']}-{place}"}
                    for place, offer in enumerate((exchange["gives"]["resultats"] * 2)[:2])
                ]
        written = yaml.safe_load((RECORDED / "france_travail" / "import.yaml").read_text(encoding="utf-8"))
        # The cap of the connector is at 21 pages; here it is at two.
        written["source"]["api"]["page"]["most"] = 2
        project = ProjectFolder(tmp_path / "project", json.dumps(at(written, service.here)))
        report = project.run()
    assert (report.state, report.complete, report.account["new"]) == ("partial", False, 4)
    assert "2 pages" in report.why
    assert report.expired == 0
