"""Feeds at the edge: each ends as the promises say, with a message that a person understands."""

from __future__ import annotations

import gzip
import resource
import zipfile
from pathlib import Path

import pytest
from command_line import jobpipe
from http_source import HttpSource
from project_folder import DEFINITION, ProjectFolder, adds_up, xml_feed

from jobpipe.documents.store import Role, Status

TEN = {f"k{number}": f"Offre {number}" for number in range(10)}


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(tmp_path / "project")


def test_a_first_import_makes_postings_and_its_account_adds_up(project: ProjectFolder) -> None:
    report = project.run(xml_feed(TEN))
    assert (report.state, report.account["read"], report.account["new"], report.live) == ("succeeded", 10, 10, 10)
    assert adds_up(report)
    assert report.complete is True


def test_a_second_day_knows_what_is_new_changed_and_gone(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    second = {key: title for key, title in TEN.items() if key != "k3"} | {"k4": "Autre titre", "k99": "Neuve"}
    report = project.run(xml_feed(second))
    assert report.account | {"read": 10} == {
        "read": 10, "new": 1, "updated": 1, "unchanged": 8, "duplicate": 0, "filtered": 0, "rejected": 0, "closed": 0,
    }  # fmt: skip
    assert (report.expired, report.live) == (1, 10)
    assert project.keys(Status.EXPIRED) == {"k3"}
    assert project.postings()["k4"]["title"] == "Autre titre"


def test_an_unchanged_file_is_not_read_again(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    report = project.run()
    assert (report.state, report.unchanged, report.account["read"], report.live) == ("succeeded", True, 0, 10)


def test_the_same_bytes_in_a_new_file_are_known_by_their_digest(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    (project.root / "feed.xml").unlink()
    report = project.run(xml_feed(TEN))
    assert (report.unchanged, report.account["read"], report.live) == (True, 0, 10)


def test_a_changed_definition_under_an_unchanged_file_is_applied(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    project.define(DEFINITION.replace("title: title", "title: [title, upper]"))
    report = project.run()
    assert (report.unchanged, report.account["read"], report.account["updated"]) == (False, 10, 10)
    assert project.postings()["k1"]["title"] == "OFFRE 1"


def test_a_comment_in_the_definition_changes_nothing(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    project.define("# a comment\n" + DEFINITION)
    assert project.run().unchanged


def test_a_feed_cut_in_the_middle_imports_what_is_whole_and_expires_nothing(project: ProjectFolder) -> None:
    whole = xml_feed(TEN)
    project.run(whole)
    report = project.run(whole[: len(whole) // 2])
    assert (report.state, report.complete, report.expired, report.live) == ("partial", False, 0, 10)
    assert report.account["unchanged"] in (4, 5)
    assert adds_up(report)
    assert "cut" in report.why or "end" in report.why


def test_the_first_empty_feed_is_held_however_small_the_import(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    report = project.run(xml_feed({}))
    assert (report.state, report.expired, report.live) == ("held", 0, 10)


def test_a_file_without_a_byte_is_no_evidence(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    report = project.run(b"")
    assert (report.state, report.expired, report.live) == ("partial", 0, 10)
    assert "empty" in report.why


def test_an_import_that_never_had_a_posting_may_be_empty(project: ProjectFolder) -> None:
    report = project.run(xml_feed({}))
    assert (report.state, report.live, report.account["read"]) == ("succeeded", 0, 0)


def test_a_record_that_is_rejected_today_keeps_its_posting_of_yesterday(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    report = project.run(xml_feed(TEN | {"k5": ""}))
    assert (report.account["rejected"], report.account["unchanged"], report.expired, report.live) == (1, 9, 0, 10)
    assert project.postings()["k5"]["title"] == "Offre 5"
    again = project.run(xml_feed(TEN | {"k5": "", "k6": "Six"}))
    assert (again.account["rejected"], again.expired, again.live) == (1, 0, 10)
    healed = project.run(xml_feed(TEN | {"k5": "Cinq"}))
    assert (healed.account["rejected"], healed.live, project.rows(Role.REJECTED)) == (0, 10, [])
    assert project.postings()["k5"]["title"] == "Cinq"


def test_while_an_unreadable_record_is_new_nothing_expires_by_absence(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    nine = {key: title for key, title in TEN.items() if key != "k5"}
    broken = xml_feed(nine).replace(b"</offers>", b"<offer><title>sans fin</offer>\n</offers>")
    report = project.run(broken)
    assert (report.account["rejected"], report.expired, report.live) == (1, 0, 10)


@pytest.mark.parametrize("order", ["first before", "first after"])
def test_two_records_with_one_key_keep_the_first_across_batches(project: ProjectFolder, order: str) -> None:
    many = [(f"k{number}", f"Offre {number}") for number in range(1_500)]
    twins = [("same", "Le premier"), ("same", "Le second")]
    feed = xml_feed([twins[0], *many, twins[1]])
    report = project.run(feed)
    assert (report.account["duplicate"], report.account["new"]) == (1, 1_501)
    assert project.postings()["same"]["title"] == "Le premier"
    if order == "first after":
        # The stored record comes later than a new one with its key: the smaller ordinal takes it.
        report = project.run(xml_feed([("same", "Un nouveau"), *many, twins[0]]))
        assert (report.account["duplicate"], report.account["updated"], report.account["unchanged"]) == (1, 1, 1_500)
        assert project.postings()["same"]["title"] == "Un nouveau"
    repeated = project.run(xml_feed([*twins, *many]))
    assert (repeated.account["duplicate"], repeated.live, repeated.expired) == (1, 1_501, 0)
    assert project.postings()["same"]["title"] == "Le premier"


def test_a_feed_with_the_same_record_twice_has_one_posting(project: ProjectFolder) -> None:
    pairs = list(TEN.items())
    report = project.run(xml_feed([*pairs, pairs[0]]))
    assert (report.account["new"], report.account["duplicate"], report.live) == (10, 1, 10)
    again = project.run(xml_feed([*pairs, pairs[0], ("k11", "Onze")]))
    assert (again.account["unchanged"], again.account["duplicate"], again.account["new"]) == (10, 1, 1)


def test_a_bad_record_costs_itself_and_not_its_neighbours(project: ProjectFolder) -> None:
    feed = xml_feed(TEN).replace(b"<title>Offre 4</title>", b"<title>Offre 4</titel>")
    report = project.run(feed)
    assert (report.account["new"], report.account["rejected"], report.live) == (9, 1, 9)
    (row,) = project.rows(Role.REJECTED)
    assert row.reason == "malformed"


def test_a_posting_that_comes_back_keeps_its_key_its_history_and_its_number(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    (before,) = (row for row in project.rows() if row.key == "k3")
    project.run(xml_feed({key: title for key, title in TEN.items() if key != "k3"}))
    assert project.keys(Status.EXPIRED) == {"k3"}
    report = project.run(xml_feed(TEN | {"k0": "Zéro"}))
    assert (report.reappeared, report.account["updated"], report.live) == (1, 2, 10)
    (after,) = (row for row in project.rows() if row.key == "k3")
    assert (after.row, after.first_run, after.first_day) == (before.row, before.first_run, before.first_day)


def test_more_than_the_guard_allows_is_held_until_a_person_decides(project: ProjectFolder) -> None:
    from jobpipe.ledger.models import Run
    from jobpipe.runs.holding import accept_run

    many = {f"k{number}": f"Offre {number}" for number in range(40)}
    project.run(xml_feed(many))
    report = project.run(xml_feed({key: title for key, title in many.items() if int(key[1:]) < 20}))
    assert (report.state, report.expired, report.live, report.missing) == ("held", 0, 40, 20)
    with project.open() as workspace:
        accepted = accept_run(workspace, Run.objects.get(pk=report.run))
    assert (accepted.state, accepted.expired, accepted.live) == ("succeeded", 20, 20)


def test_after_an_accepted_hold_the_source_is_read_again_and_what_was_left_out_is_forgotten_too(
    project: ProjectFolder,
) -> None:
    from jobpipe.ledger.models import Run
    from jobpipe.runs.holding import accept_run

    many = {f"k{number}": f"Offre {number}" for number in range(40)}
    project.define(DEFINITION + "keep: \"posting.reference != 'k39'\"\n")
    project.run(xml_feed(many))
    report = project.run(xml_feed({key: title for key, title in many.items() if int(key[1:]) < 20}))
    with project.open() as workspace:
        accept_run(workspace, Run.objects.get(pk=report.run))
    assert project.keys(Status.EXCLUDED) == {"k39"}
    again = project.run()
    assert (again.unchanged, again.account["read"], again.live) == (False, 20, 20)
    assert project.keys(Status.EXCLUDED) == set()
    # Nor does it come with the rule that let it out.
    project.define(DEFINITION)
    assert project.run().live == 20


def test_a_dismissed_run_expires_nothing(project: ProjectFolder) -> None:
    from jobpipe.ledger.models import Run
    from jobpipe.runs.holding import dismiss_run

    many = {f"k{number}": f"Offre {number}" for number in range(40)}
    project.run(xml_feed(many))
    report = project.run(xml_feed({"k1": "Offre 1"}))
    with project.open() as workspace:
        dismissed = dismiss_run(workspace, Run.objects.get(pk=report.run))
    assert (dismissed.state, dismissed.expired, dismissed.live) == ("succeeded", 0, 40)


def test_a_source_that_holds_changes_expires_nothing_by_absence(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("  record: offer\n", "  record: offer\n  holds: changes\n"))
    project.run(xml_feed(TEN))
    report = project.run(xml_feed({"k3": "Changée"}))
    assert (report.state, report.account["updated"], report.expired, report.live) == ("succeeded", 1, 0, 10)


def test_a_closing_record_ends_its_posting(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("  record: offer\n", '  record: offer\n  closed: record.title == "pourvue"\n'))
    project.run(xml_feed(TEN))
    report = project.run(xml_feed(TEN | {"k3": "pourvue"}))
    assert (report.account["closed"], report.live) == (1, 9)
    (row,) = project.rows(status=Status.EXPIRED)
    assert (row.key, row.reason) == ("k3", "closed")


def test_a_posting_past_its_day_ends(project: ProjectFolder) -> None:
    project.define(DEFINITION + "  valid_through: {value: '2020-01-31'}\n")
    report = project.run(xml_feed(TEN))
    assert (report.account["new"], report.live) == (10, 0)
    assert {row.reason for row in project.rows(status=Status.EXPIRED)} == {"ended"}
    again = project.run(xml_feed(TEN | {"k1": "Changée"}))
    assert (again.account["unchanged"], again.account["updated"], again.live) == (9, 1, 0)


def test_a_filtered_record_is_counted_and_is_no_posting(project: ProjectFolder) -> None:
    project.define(DEFINITION + "keep: posting.title != 'Offre 3'\n")
    report = project.run(xml_feed(TEN))
    assert (report.account["filtered"], report.account["new"], report.live) == (1, 9, 9)
    assert adds_up(report)


def test_a_reordered_csv_header_changes_no_posting(tmp_path: Path) -> None:
    definition = "import: offers\nsource: {feed: feed.csv}\nposting: {reference: id, title: title, description: text}\n"
    project = ProjectFolder(tmp_path / "project", definition)
    feed = project.root / "feed.csv"
    feed.write_text("id;title;text\n" + "".join(f"{n};Offre {n};Texte {n}\n" for n in range(10)))
    assert project.run().account["new"] == 10
    feed.write_text("title;id;text\n" + "".join(f"Offre {n};{n};Texte {n}\n" for n in range(10)))
    report = project.run()
    assert (report.account["unchanged"], report.account["updated"], report.live) == (10, 0, 10)


def test_a_csv_that_has_lost_a_column_says_which(tmp_path: Path) -> None:
    definition = "import: offers\nsource: {feed: feed.csv}\nposting: {reference: id, title: title}\n"
    project = ProjectFolder(tmp_path / "project", definition)
    (project.root / "feed.csv").write_text("id;titel\n1;Offre\n2;Offre\n")
    report = project.run()
    said = report.error + report.why + " ".join(notice["message"] for notice in report.notices)
    assert "title" in said
    assert "titel" in said


def test_an_html_error_page_served_as_a_feed_fails_the_run_and_says_so(project: ProjectFolder) -> None:
    project.run(xml_feed(TEN))
    report = project.run(b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body>Revenez</body></html>")
    assert (report.state, report.expired, report.live) == ("failed", 0, 10)
    assert "HTML" in report.error
    assert "Maintenance" in report.error


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_a_feed_in_utf_16_or_with_a_mark_is_read(project: ProjectFolder, encoding: str) -> None:
    text = '<?xml version="1.0"?>' + xml_feed(TEN | {"k1": "Développeur « é »"}).decode()
    data = ("\ufeff" + text).encode(encoding) if encoding == "utf-16-le" else text.encode(encoding)
    report = project.run(data)
    assert report.account["new"] == 10
    assert project.postings()["k1"]["title"] == "Développeur « é »"


def test_cp1252_that_calls_itself_utf_8_is_read_as_what_it_is(project: ProjectFolder) -> None:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    feed = xml_feed(TEN | {"k1": "Employé à l’accueil"}, head=head).decode().encode("cp1252")
    report = project.run(feed)
    assert report.account["new"] == 10
    assert project.postings()["k1"]["title"] == "Employé à l’accueil"


def test_a_zip_bomb_is_refused_with_a_message(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("feed.xml", "bomb.zip"))
    block = b" " * 1_000_000
    with (
        zipfile.ZipFile(project.root / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("feed.xml", "w") as member,
    ):
        member.write(b"<offers>")
        for _ in range(1_000):
            member.write(block)
    report = project.run()
    assert (report.state, report.live) == ("failed", 0)
    assert "limit" in report.error or "times" in report.error


def test_an_entity_bomb_is_refused_with_a_message(project: ProjectFolder) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE offers [<!ENTITY e0 "hahaha">{entities}]>'
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report = project.run(xml_feed({"k1": "&e9;"}, head=head))
    assert (report.state, report.live) == ("failed", 0)
    assert "bomb" in report.error
    # The process of the tests may be large already.
    assert report.peak_rss_mb - before < 100


def test_an_external_entity_is_never_read(project: ProjectFolder) -> None:
    (project.root / "secret.txt").write_text("SECRET-CONTENT")
    head = f'<!DOCTYPE offers [<!ENTITY s SYSTEM "file://{project.root / "secret.txt"}">]>'
    project.run(xml_feed({"k1": "Offre &s; une", "k2": "Deux"}, head=head))
    assert "SECRET" not in str(project.postings(None))


def test_a_missing_file_fails_the_run_and_names_the_file(project: ProjectFolder) -> None:
    report = project.run()
    assert report.state == "failed"
    assert "feed.xml" in report.error


def test_gzip_with_several_members_is_read_whole(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("feed.xml", "feed.xml.gz"))
    whole = xml_feed(TEN)
    half = len(whole) // 2
    (project.root / "feed.xml.gz").write_bytes(gzip.compress(whole[:half]) + gzip.compress(whole[half:]))
    report = project.run()
    assert (report.account["new"], report.complete) == (10, True)


def test_several_parts_are_one_source_and_a_missing_part_expires_nothing(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("  feed: feed.xml\n", "  parts: [one.xml, two.xml]\n"))
    (project.root / "one.xml").write_bytes(xml_feed({"k1": "Une"}))
    (project.root / "two.xml").write_bytes(xml_feed({"k2": "Deux"}))
    report = project.run()
    assert (report.state, report.account["new"]) == ("succeeded", 2)
    (project.root / "two.xml").unlink()
    (project.root / "one.xml").write_bytes(xml_feed({"k1": "Une, changée"}))
    report = project.run()
    assert (report.state, report.account["updated"], report.expired, report.live) == ("partial", 1, 0, 2)
    assert "two.xml" in report.error + report.why


def test_an_unchanged_part_counts_as_seen_unread(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("  feed: feed.xml\n", "  parts: [one.xml, two.xml]\n"))
    (project.root / "one.xml").write_bytes(xml_feed(TEN))
    (project.root / "two.xml").write_bytes(xml_feed({"z1": "Deux"}))
    project.run()
    (project.root / "two.xml").write_bytes(xml_feed({"z1": "Deux, changée"}))
    report = project.run()
    assert (report.account["read"], report.account["updated"], report.expired, report.live) == (1, 1, 0, 11)


def test_a_feed_over_http_is_conditional_and_resumes(tmp_path: Path) -> None:
    with HttpSource() as server:
        server.serve("/feed.xml", xml_feed(TEN), etag='"v1"')
        project = ProjectFolder(tmp_path / "project", DEFINITION.replace("feed.xml", server.url("/feed.xml")))
        assert project.run().account["new"] == 10
        assert project.run().unchanged
        server.serve("/feed.xml", xml_feed(TEN | {"k1": "Changée"}), etag='"v2"')
        assert project.run().account["updated"] == 1


def test_the_total_that_a_source_states_is_evidence(project: ProjectFolder) -> None:
    project.define(DEFINITION.replace("  record: offer\n", "  record: offer\n  total: /offers/@count\n"))
    project.run(xml_feed(TEN).replace(b"<offers>", b'<offers count="10">'))
    nine = {key: title for key, title in TEN.items() if key != "k3"}
    report = project.run(xml_feed(nine).replace(b"<offers>", b'<offers count="10">'))
    assert (report.complete, report.expired, report.live) == (False, 0, 10)
    assert "10" in report.why
    report = project.run(xml_feed(nine).replace(b"<offers>", b'<offers count="9">'))
    assert (report.complete, report.expired, report.live) == (True, 1, 9)


def test_a_record_that_kills_its_worker_is_found_and_costs_itself(project: ProjectFolder) -> None:
    (project.root / "hooks.py").write_text(
        "import os\n\ndef fix(value):\n    if value == 'Offre 777':\n        os._exit(9)\n    return value\n"
    )
    project.define(DEFINITION.replace("title: title", 'title: {from: title, then: {python: "hooks:fix"}}'))
    report = project.run(xml_feed({f"k{number}": f"Offre {number}" for number in range(1_200)}), workers=2)
    assert (report.state, report.account["new"], report.account["rejected"]) == ("succeeded", 1_199, 1)
    (row,) = project.rows(Role.REJECTED)
    assert (row.reason, row.ordinal) == ("crash", 778)


def test_a_record_of_a_small_feed_kills_one_sitting_and_is_found_by_the_next(project: ProjectFolder) -> None:
    (project.root / "hooks.py").write_text(
        "import os\n\ndef fix(value):\n    if value == 'Offre 7':\n        os._exit(9)\n    return value\n"
    )
    project.define(DEFINITION.replace("title: title", 'title: {from: title, then: {python: "hooks:fix"}}'))
    (project.root / "feed.xml").write_bytes(xml_feed({f"k{number}": f"Offre {number}" for number in range(12)}))
    # A few records are transformed in the process that reads them: no worker is started for so little.
    assert jobpipe("-C", project.root, "run", "offers").returncode == 9
    found = jobpipe("-C", project.root, "run", "offers")
    assert found.returncode == 0, found.stderr
    (row,) = project.rows(Role.REJECTED)
    assert (row.reason, row.ordinal, len(project.postings())) == ("crash", 8, 11)
    # And whoever tries it again is not killed by it.
    assert jobpipe("-C", project.root, "quarantine", "retry", "offers").returncode == 0
    assert [row.reason for row in project.rows(Role.REJECTED)] == ["crash"]
