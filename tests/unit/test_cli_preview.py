"""`jobpipe preview`: records beside the postings made of them; nothing is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command_line import jobpipe

DEFINITION = """\
import: board
source:
  feed: feed.xml
posting:
  reference: "@id"
  title: [intitule, clean]
  url: lien
  locations: {from: [ville, commune]}
  positions: postes
keep: posting.title != "Secret"
"""
FEED = """\
<offres>
  <offre id="1"><intitule>Soudeur  naval</intitule><ville>Brest</ville></offre>
  <offre id="2"><intitule>Pilote</intitule><ville>Nice</ville><postes>viele</postes></offre>
  <offre id="3"><intitule>Secret</intitule></offre>
  <offre id="4"><ville>Lens</ville></offre>
  <offre id="5"><intitule>Maçon</intitule><texte>[bold]x[/]</texte></offre>
</offres>
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "imports").mkdir()
    (tmp_path / "jobpipe.yaml").write_text("{}\n")
    (tmp_path / "imports" / "board.yaml").write_text(DEFINITION)
    (tmp_path / "feed.xml").write_text(FEED, encoding="utf-8")
    return tmp_path


def previewed(project: Path, *arguments: str) -> Any:
    done = jobpipe("-C", project, "preview", "board", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_first_records_are_shown_with_what_was_found_and_what_became_of_it(project: Path) -> None:
    document = previewed(project)
    assert [record["record"] for record in document["records"]] == [1, 2, 3]
    first = document["records"][0]
    fields = {field["field"]: field for field in first["fields"]}
    assert (first["outcome"], first["key"]) == ("posting", "1")
    assert first["posting"]["title"] == "Soudeur naval"
    assert fields["title"]["found"] == [{"path": "intitule", "values": ["Soudeur  naval"]}]
    assert fields["locations"]["found"][1] == {"path": "commune", "values": []}
    assert first["raw"]["ville"] == "Brest"


def test_each_outcome_is_told_with_its_reason(project: Path) -> None:
    records = previewed(project, "--records", "5")["records"]
    assert [record["outcome"] for record in records] == ["posting", "rejected", "filtered", "rejected", "posting"]
    assert "viele" in next(field["error"] for field in records[1]["fields"] if field["field"] == "positions")
    assert (records[3]["reason"], records[3]["field"], records[3]["posting"]) == ("missing", "title", None)


def test_what_is_known_of_the_source_is_told(project: Path) -> None:
    document = previewed(project, "--records", "5")
    assert (document["format"], document["encoding"], document["looked_at"]) == ("xml", "utf-8", 5)
    assert "offre" in document["record"]
    assert document["source"] == "feed.xml"
    assert document["nothing_found_for"] == ["url"]


def test_one_record_is_shown_by_its_number(project: Path) -> None:
    assert [record["key"] for record in previewed(project, "--record", "4")["records"]] == ["4"]
    done = jobpipe("-C", project, "preview", "board", "--record", "9")
    assert done.returncode == 2
    assert "the source has 5" in done.stderr


def test_a_file_is_read_instead_of_the_source(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.xml"
    other.write_text('<offres><offre id="x"><intitule>Autre</intitule></offre></offres>')
    assert [record["key"] for record in previewed(project, "--file", str(other))["records"]] == ["x"]


def test_nothing_is_written(project: Path) -> None:
    before = sorted(path for path in project.rglob("*"))
    previewed(project)
    jobpipe("-C", project, "preview", "board")
    assert sorted(path for path in project.rglob("*")) == before


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_the_tables_fit_the_terminal(project: Path, columns: int) -> None:
    done = jobpipe("-C", project, "preview", "board", "--records", "5", columns=columns)
    assert done.returncode == 0
    tables = [line for line in done.stdout.splitlines() if line.startswith(" ")]
    assert max(len(line) for line in tables if "─" in line) <= columns
    for shown in ("Soudeur", "rejected", "filtered", "looked at"):
        assert shown in done.stdout


def test_what_a_terminal_would_obey_is_shown_as_text(project: Path) -> None:
    text = json.dumps([{"id": "1", "intitule": "\x1b[31mRouge [bold]gras[/]"}] * 2)
    (project / "feed.json").write_text(text)
    definition = (
        DEFINITION.replace('"@id"', "id").replace("feed.xml", "feed.json").replace("[intitule, clean]", "intitule")
    )
    (project / "imports" / "board.yaml").write_text(definition)
    done = jobpipe("-C", project, "preview", "board")
    assert "\x1b" not in done.stdout
    assert "[bold]gras" in done.stdout


def test_a_feed_without_a_record_is_an_error_with_what_to_do(project: Path) -> None:
    (project / "feed.xml").write_text("<offres></offres>")
    done = jobpipe("-C", project, "preview", "board")
    assert done.returncode == 1
    assert "no record was found in feed.xml" in done.stderr
    assert "hint:" in done.stderr


def test_a_source_that_is_not_there_is_an_error_of_the_source(project: Path) -> None:
    (project / "feed.xml").unlink()
    done = jobpipe("-C", project, "preview", "board")
    assert done.returncode == 1
    assert "there is no such file" in done.stderr


def test_a_cut_feed_is_shown_as_far_as_it_goes(project: Path) -> None:
    (project / "feed.xml").write_text(FEED[: FEED.index("Secret")], encoding="utf-8")
    document = previewed(project, "--records", "9")
    assert [record["key"] for record in document["records"]] == ["1", "2"]
    assert not document["complete"]
    assert document["why"]


def test_an_invalid_definition_is_shown_at_its_place(project: Path) -> None:
    (project / "imports" / "board.yaml").write_text(DEFINITION.replace("clean", "claen"))
    done = jobpipe("-C", project, "preview", "board")
    assert done.returncode == 2
    assert "error: imports/board.yaml:6:21: there is no step 'claen'" in done.stderr


def test_a_missing_variable_is_shown_at_its_place(project: Path) -> None:
    (project / "imports" / "board.yaml").write_text(DEFINITION.replace("feed.xml", "${BOARD_FEED}"))
    done = jobpipe("-C", project, "preview", "board")
    assert done.returncode == 2
    assert "error: imports/board.yaml:3:9: the environment variable BOARD_FEED is not set" in done.stderr
    assert jobpipe("-C", project, "preview", "board", BOARD_FEED="feed.xml").returncode == 0


def test_a_secret_is_in_no_error_and_in_no_traceback(project: Path) -> None:
    definition = DEFINITION.replace("feed.xml", "/nowhere/${BOARD_ID}/feed.xml")
    (project / "imports" / "board.yaml").write_text(definition)
    done = jobpipe("--traceback", "-C", project, "preview", "board", BOARD_ID="tres-secret-42")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "tres-secret-42" not in done.stdout + done.stderr


def test_no_more_is_downloaded_than_is_shown(project: Path) -> None:
    """A source that goes on without end: a preview that read on would never end."""
    import http.server
    import threading

    record = '<offre id="{}"><intitule>Poste</intitule><texte>' + "x" * 4000 + "</texte></offre>"

    class Endless(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.end_headers()
            try:
                self.wfile.write(b"<offres>")
                for number in range(10_000_000):
                    self.wfile.write(record.format(number).encode())
            except OSError:
                given_up.set()

        def log_message(self, *_: object) -> None:
            pass

    given_up = threading.Event()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    location = f"http://127.0.0.1:{server.server_port}/feed.xml"
    (project / "imports" / "board.yaml").write_text(DEFINITION.replace("feed.xml", location))
    try:
        document = previewed(project)
        assert [record["key"] for record in document["records"]] == ["0", "1", "2"]
        assert given_up.wait(10)
    finally:
        server.shutdown()
        server.server_close()
