"""What a publisher is told of its own feed: the line of its file, in its language, whatever its records say."""

from __future__ import annotations

import ast
import csv
import gzip
import io
import re
import string
import tarfile
import zipfile
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path

import pytest
from command_line import jobpipe
from project_folder import CLIENT_DEFINITION, ProjectFolder

from jobpipe.definition.project import find_project
from jobpipe.definition.reporting import LANGUAGES as SETTABLE
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.posting import FIELD_NAMES
from jobpipe.runs.source_reports.gathering import TROUBLES, report_of_import
from jobpipe.runs.source_reports.languages import LANGUAGES, Texts
from jobpipe.runs.source_reports.page import as_page
from jobpipe.runs.source_reports.table import COLUMNS, rows_of
from jobpipe.runs.source_reports.text import as_text
from jobpipe.runs.source_reports.wishes import say_wishes, wishes_of_import
from jobpipe.runs.source_reports.wording import Wording

SOURCES = Path(__file__).parent.parent.parent / "src" / "jobpipe"
DEFINITION = """\
import: offers
client: Acme
source: {%s, record: offer}
posting:
  reference: "@id"
  title: title
  positions: [count]
"""


def feed(numbers: range, *, broken: tuple[int, ...] = (), untitled: tuple[int, ...] = (), title: str = "T") -> bytes:
    records = []
    for number in numbers:
        name = "" if number in untitled else f"<title>{title}{number}</title>"
        count = "many" if number in broken else "1"
        records.append(f'<offer id="k{number}">\n{name}\n<count>{count}</count>\n</offer>\n')
    return ("<offers>\n" + "".join(records) + "</offers>\n").encode()


def project_of(root: Path, source: str = "feed: feed.xml") -> ProjectFolder:
    return ProjectFolder(root, DEFINITION % source)


def rows(project: ProjectFolder, language: str = "en") -> list[dict[str, str]]:
    with project.open() as workspace:
        report = report_of_import(workspace, "offers")
        text = b"".join(rows_of(workspace, report.feeds, Wording(language))).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def page(project: ProjectFolder, language: str = "en") -> str:
    with project.open() as workspace:
        return as_page(report_of_import(workspace, "offers"), Wording(language))


# The line of their own file -------------------------------------------------------------------------------


def packed(kind: str, documents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    if kind == "gz":
        return gzip.compress(next(iter(documents.values())))
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in documents.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            for name, data in documents.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["gz", "zip", "tar"])
def test_the_named_line_of_a_packed_feed_holds_that_record(tmp_path: Path, kind: str) -> None:
    project = project_of(tmp_path, "feed: feed.pack")
    documents = {"a.xml": feed(range(0, 40), broken=(7,)), "b.xml": b"\n\n" + feed(range(100, 140), untitled=(107,))}
    (tmp_path / "feed.pack").write_bytes(packed(kind, documents))
    project.run(workers=0)
    found = rows(project)
    assert [row["reference"] for row in found] == (["k7"] if kind == "gz" else ["k7", "k107"])
    for row in found:
        name = row["file"].rpartition("/")[2]
        assert name == "feed.pack" if kind == "gz" else name in documents
        lines = documents.get(name, documents["a.xml"]).splitlines()
        assert lines[int(row["line"]) - 1].decode() == f'<offer id="{row["reference"]}">'


def test_two_documents_that_break_at_the_same_byte_are_told_apart(tmp_path: Path) -> None:
    project = project_of(tmp_path, "feed: feed.zip")
    documents = {"a.xml": feed(range(10, 20), broken=(15,)), "b.xml": feed(range(30, 40), broken=(35,))}
    (tmp_path / "feed.zip").write_bytes(packed("zip", documents))
    project.run(workers=0)
    found = [(row["reference"], row["file"].rpartition("/")[2], row["byte"]) for row in rows(project)]
    assert found == [("k15", "a.xml", found[0][2]), ("k35", "b.xml", found[0][2])]


def test_a_feed_of_several_files_names_the_file(tmp_path: Path) -> None:
    project = project_of(tmp_path, "parts: [one.xml, two.xml]")
    files = {"one.xml": feed(range(0, 30), broken=(3,)), "two.xml": feed(range(50, 80), broken=(77,))}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    project.run(workers=0)
    for row in rows(project):
        lines = files[row["file"].rpartition("/")[2]].splitlines()
        assert lines[int(row["line"]) - 1].decode() == f'<offer id="{row["reference"]}">'


def test_what_a_later_unchanged_feed_still_refuses_keeps_its_line(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    project.run(feed(range(0, 20), broken=(5,)), workers=0)
    before = rows(project)
    project.run(workers=0)
    assert rows(project) == before
    assert before[0]["line"] == "22"


# Every word has a text ------------------------------------------------------------------------------------


def reasons_in_the_code() -> set[str]:
    """What `RecordError` and `Transformed` are given as `reason` anywhere."""
    found = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if name in ("RecordError", "Transformed") and isinstance(node, ast.Call):
                given = [word.value for word in node.keywords if word.arg == "reason"]
                found |= {str(one.value) for one in given if isinstance(one, ast.Constant)}
    return found


def test_every_reason_that_the_transformation_gives_has_a_text_in_each_language() -> None:
    words = reasons_in_the_code()
    assert {"malformed", "missing", "invalid", "step", "hook", "crash", "internal"} <= words
    for texts in LANGUAGES.values():
        assert words <= set(texts.reasons)
        assert set(TROUBLES) <= set(texts.troubles)
        assert {"key", *FIELD_NAMES} - {"extra"} <= set(texts.fields)
        assert set(texts.columns) == set(COLUMNS)


def test_all_languages_say_the_same_things() -> None:
    assert tuple(LANGUAGES) == SETTABLE

    def shape(texts: Texts) -> dict[str, object]:
        return {one.name: shape_of(getattr(texts, one.name)) for one in fields(Texts) if one.name not in _OWN}

    def shape_of(value: object) -> object:
        """The names in a text's braces; of a table those of each of its texts."""
        if isinstance(value, str):
            return {name for _, name, _, _ in string.Formatter().parse(value) if name is not None}
        if hasattr(value, "items"):
            return {name: shape_of(one) for name, one in value.items()}
        return tuple(shape_of(getattr(value, name)) for name in ("what", "mend"))

    assert all(shape(texts) == shape(LANGUAGES["en"]) for texts in LANGUAGES.values())


_OWN = ("code", "moment", "day", "thousands")


def test_each_language_tells_the_reason_the_field_and_an_example(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    project.run(feed(range(0, 1200), broken=(3, 4), untitled=(9,)), workers=0)
    with project.open() as workspace:
        report = report_of_import(workspace, "offers")
    said = {name: as_text(report, Wording(name)) for name in LANGUAGES}
    assert "1,200" in said["en"]
    assert "“title” is missing (1 offer)" in said["en"]
    assert "« intitulé » manque (1 offre)" in said["fr"]
    assert "« nombre de postes » a une valeur inutilisable (2 offres)" in said["fr"]
    assert "Par exemple: 3" in said["fr"]
    assert "„Titel“ fehlt (1 Angebot)" in said["de"]
    assert "“titel” ontbreekt (1 vacature)" in said["nl"]
    for text in said.values():
        assert max(map(len, text.splitlines())) <= 160


# What sources write is hostile ----------------------------------------------------------------------------

HOSTILE = "&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt; =HYPERLINK(&quot;x&quot;)"


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_a_title_that_is_a_script_is_text_in_the_page_and_no_formula_in_the_list(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    project.run(feed(range(0, 4), broken=(1,), title=HOSTILE), workers=0)
    seen = _Elements()
    text = page(project)
    seen.feed(text)
    assert not {"script", "img"} & seen.names
    assert not {name for name in seen.attributes if name.startswith("on")}
    assert "&lt;script&gt;" in text
    project.run(feed(range(0, 4), broken=(1,), title="=1+2 "), workers=0)
    assert rows(project)[0]["title"].startswith("'=1+2")


def test_a_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    project.run(feed(range(0, 4), broken=(1,)), workers=0)
    text = page(project)
    assert not re.search(r"(src|href|url\()\s*=?", text)


def test_of_ten_thousand_refused_a_few_are_shown_and_all_are_in_the_list(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    project.run(feed(range(0, 3000), broken=tuple(range(3000))), workers=0)
    text = page(project)
    assert text.count("border-top") == 5
    assert "and 2,995 more" in text
    assert len(rows(project)) == 3000


# States of a feed -----------------------------------------------------------------------------------------


def test_a_feed_without_faults_says_so_and_one_never_read_too(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    assert "has not been read yet" in page(project)
    project.run(feed(range(0, 4)), workers=0)
    text = page(project)
    assert "All 4 offers that we read could be used." in text
    assert "How to mend it" not in text


def test_a_feed_that_is_gone_is_told_in_the_publishers_words(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    project.run(feed(range(0, 4)), workers=0)
    (tmp_path / "feed.xml").unlink()
    project.run(workers=0)
    assert "Il n&#x27;y a pas de fichier à l&#x27;adresse" in page(project, "fr")


def test_the_narrowest_setting_decides_the_language_and_to_whom(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    project.configure(
        "report: {language: de, when: weekly}\nclients: {Acme: {report: {language: fr, to: jobs@example.org}}}\n"
    )
    wishes = wishes_of_import(find_project(tmp_path, {}), "offers")
    assert (wishes.language, wishes.to, wishes.when) == ("fr", ("jobs@example.org",), "weekly")
    project.define(DEFINITION % "feed: feed.xml" + "report: {language: nl}\n")
    assert wishes_of_import(find_project(tmp_path, {}), "offers").language == "nl"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("report: {language: xx}\n", "'xx' is not one of"),
        ("report: {to: 'a@b.example\\nBcc: c@d.example'}\n", "is no mail address"),
        ("clients: {Acme: {report: {langage: fr}}}\n", "did you mean `language`"),
    ],
)
def test_wrong_settings_are_told_with_their_place(tmp_path: Path, text: str, said: str) -> None:
    project = project_of(tmp_path)
    project.configure(text)
    with pytest.raises(DefinitionError) as raised:
        find_project(tmp_path, {})
    assert said in str(raised.value)
    assert "jobpipe.yaml:" in str(raised.value)


def test_the_command_writes_each_form(tmp_path: Path) -> None:
    project = project_of(tmp_path)
    project.configure("clients: {Acme: {report: {language: fr}}}\n")
    project.run(feed(range(0, 9), broken=(5,)), workers=0)
    told = jobpipe("-C", tmp_path, "report", "acme")
    assert "ligne 22" in told.stdout, told.stderr
    target = tmp_path / "out.html"
    done = jobpipe("-C", tmp_path, "report", "--import", "offers", "--as", "html", "--language", "nl", "--out", target)
    assert done.returncode == 0, done.stderr
    assert '<html lang="nl">' in target.read_text(encoding="utf-8")
    assert jobpipe("-C", tmp_path, "report", "Nobody").returncode == 2
    assert jobpipe("-C", tmp_path, "report", "acme", "--import", "offers").returncode == 2


def test_what_a_client_says_of_its_reports_lies_above_the_files(tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path, CLIENT_DEFINITION + "report: {to: old@example.org, language: de}\n")
    with folder.open() as workspace:
        say_wishes("Acme", to=["new@example.org", " new@example.org "], language="fr", when="always", by="ada")
        wishes = wishes_of_import(workspace.project, "offers")
        assert (wishes.language, wishes.to, wishes.when) == ("fr", ("new@example.org",), "always")
        say_wishes("Acme", to=[], language="fr", when="never", by="ada")
        assert wishes_of_import(workspace.project, "offers").to == ()
        with pytest.raises(UsageError, match="no mail address"):
            say_wishes("Acme", to=["a@b, c@d"], language="fr", when="never", by="ada")
