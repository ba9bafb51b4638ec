"""A person's data is erased wherever it is stored, and what a source brings again is masked before it is stored."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command_line import jobpipe
from django.db import connections
from engines import ON_A_CLUSTER
from hypothesis import given
from hypothesis import strategies as st
from project_folder import ProjectFolder, xml_feed

from jobpipe.documents.body import unpack
from jobpipe.documents.store import Role
from jobpipe.documents.upkeep import upkeep_of
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Erasure, Import, Suppression
from jobpipe.runs.housekeeping.erasing import Found, erase
from jobpipe.runs.housekeeping.verifying.verifying import verify
from jobpipe.safety.suppressing import MASK, Suppressor, datum_of

NAME, ADDRESS = "Jeanne Dupont-Müller", "jeanne.dupont@acme.example"
OFFERS = {
    "k1": f"Assistante de {NAME}",
    "k2": f"Comptable; contact {ADDRESS}",
    "k3": "Chauffeur",
    "k4": "",
}


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    project = ProjectFolder(tmp_path / "project")
    for offers in ({**OFFERS, "k3": f"Chauffeur pour {NAME}"}, OFFERS):
        bad = f'<offer id="bad"><text>{NAME}</text></offer></offers>'.encode()
        project.run(xml_feed(offers).replace(b"</offers>", bad), workers=0)
    return project


def erased(project: ProjectFolder, *texts: str, dry_run: bool = False) -> Found:
    with project.open() as workspace:
        return erase(workspace, texts, by="someone", reason="request 7", dry_run=dry_run)


def everything(project: ProjectFolder) -> str:
    """All bodies of all revisions, unpacked, and all bytes of the state's files."""
    with project.open() as workspace:
        owner = Import.objects.get()
        bodies = [unpack(one.frame) for one in upkeep_of(workspace.documents).bodies(owner.pk)]
        texts = [repr((body.raw, body.posting, body.note)) for body in bodies]
    texts += [repr(row) for role in Role for row in project.rows(role)]
    connections.close_all()
    state = project.root / ".jobpipe"
    texts += [path.read_bytes().decode("utf-8", "replace") for path in state.rglob("*") if path.is_file()]
    return "\n".join(texts)


def test_what_is_erased_is_nowhere_and_the_rest_is_as_it_was(project: ProjectFolder) -> None:
    found = erased(project, NAME, ADDRESS, dry_run=True)
    assert {key for _, key in found.keys} >= {"k1", "k2", "k3"}
    assert "Dupont" in everything(project)

    found = erased(project, NAME, ADDRESS)

    assert found.erasure
    stored = everything(project).lower()
    for part in ("dupont", "jeanne"):
        assert part not in stored
    postings = project.postings()
    assert postings["k1"]["title"] == f"Assistante de {MASK}"
    assert postings["k3"]["title"] == "Chauffeur"
    with project.open() as workspace:
        assert not verify(workspace).findings
        assert erase(workspace, [NAME, ADDRESS], by="", reason="", dry_run=True).places == {}


def test_that_it_was_done_is_kept_without_the_data(project: ProjectFolder) -> None:
    erased(project, NAME)
    with project.open():
        (record,) = Erasure.objects.all()
        assert (record.by, record.reason) == ("someone", "request 7")
        assert record.found["imports"] == ["offers"]
        (rule,) = Suppression.objects.all()
        assert (rule.words, len(rule.digest)) == (3, 32)


def test_what_comes_again_is_masked_again_and_nothing_else_is_new(project: ProjectFolder) -> None:
    erased(project, NAME, ADDRESS)
    before = project.postings()
    same = project.run(xml_feed(OFFERS).replace(b"<offers>", b"<offers >"), workers=0)
    assert same.account["unchanged"] >= 3
    assert project.postings() == before
    changed = {**OFFERS, "k1": f"Assistant de {NAME.upper()}", "k9": "De Jeanne&#160;Dupont-M&#252;ller"}
    report = project.run(xml_feed(changed), workers=0)
    assert (report.account["new"], report.account["updated"]) == (1, 1)
    stored = everything(project).lower()
    assert "dupont" not in stored
    assert project.postings()["k9"]["title"] == f"De {MASK}"


def test_what_a_definition_puts_together_is_masked_too(project: ProjectFolder) -> None:
    erased(project, NAME)
    project.define(
        "import: offers\nsource: {feed: feed.xml, record: offer}\n"
        "posting: {reference: '@id', title: {from: [first, last], join: ' '}}\n"
    )
    (project.root / "feed.xml").write_bytes(
        b'<offers><offer id="a"><first>Jeanne</first><place>Lyon, quartier Nord</place>'
        b"<last>Dupont-M\xc3\xbcller</last></offer></offers>"
    )
    project.run(workers=0)
    assert project.postings()["a"]["title"] == MASK


def test_files_of_the_project_are_named_and_left(project: ProjectFolder) -> None:
    (project.root / "tests").mkdir()
    (project.root / "tests" / "answer.json").write_text(json.dumps({"contact": ADDRESS}))
    found = erased(project, ADDRESS)
    assert found.files == ["tests/answer.json"]


@pytest.mark.parametrize("text", ["ab", "", "a b", "x" * 3])
def test_what_would_mask_half_of_all_texts_is_refused(project: ProjectFolder, text: str) -> None:
    with pytest.raises(UsageError):
        erased(project, text)


def test_the_command_shows_asks_and_erases(project: ProjectFolder) -> None:
    connections.close_all()
    looked = jobpipe("-C", project.root, "erase", ADDRESS, "--dry-run")
    assert looked.returncode == 0, looked.stderr
    assert "k2" in looked.stdout
    done = jobpipe("-C", project.root, "erase", ADDRESS, "--yes", "--json", "--reason", "request 8")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["erasure"]
    assert ADDRESS not in done.stdout
    assert ON_A_CLUSTER or "jeanne.dupont" not in everything(project)


# The law of masking ----------------------------------------------------------------------------------

KEY = os.urandom(32)
WORD = st.text(st.characters(categories=("L", "N")), min_size=3, max_size=8).filter(lambda word: word.isalnum())


@given(
    st.lists(WORD, min_size=2, max_size=4), st.text(max_size=30), st.text(max_size=30), st.sampled_from(" -.@,\u00a0")
)
def test_a_datum_is_masked_wherever_it_stands_and_what_stands_around_it_stays(
    words: list[str], before: str, after: str, between: str
) -> None:
    suppressor = Suppressor([datum_of(" ".join(words), KEY)], KEY)
    text = f"{before} {between.join(words)} {after}"
    masked, count = suppressor.mask(text)
    assert count
    assert MASK in masked
    # What was masked is masked for good.
    assert len(masked.replace(MASK, "")) <= len(text)


@given(st.text())
def test_a_text_without_it_stays_as_it_is(text: str) -> None:
    suppressor = Suppressor([datum_of("zyxwvut qponmlk", KEY)], KEY)
    assert suppressor.mask(text) == (text, 0)


@pytest.mark.parametrize(
    "written",
    ["JEAN DUPONT", "jean.dupont", "Jean&#32;Dupont", "Jean\\u0020Dupont", "Jéan&nbsp;Dupont", "Jean,\n  Dupont"],
)
def test_however_it_is_written(written: str) -> None:
    suppressor = Suppressor([datum_of("Jean Dupont", KEY)], KEY)
    assert suppressor.mask(f"<p>{written}</p>") == (f"<p>{MASK}</p>", 1)
