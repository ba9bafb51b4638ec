"""Taxonomies from files: what becomes of columns, languages, synonyms, hierarchies, and of what is wrong."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from jobpipe.errors import JobpipeError
from jobpipe.taxonomy.loading.files import load_files
from jobpipe.taxonomy.loading.wishes import Column, Wishes
from jobpipe.taxonomy.taxonomies import Taxonomy, digest_of, pack, unpack

SHARED = Path(__file__).parents[3] / "shared" / "samples"
SAMPLES = Path(os.environ.get("JOBPIPE_SAMPLES", SHARED)) / "taxonomies"
FOUND_OUT = Wishes()
BY_SECTOR = Wishes(code="sous_domaine", labels=(Column(name="intitule"),))


def load(folder: Path, text: str | bytes, wishes: Wishes = FOUND_OUT, name: str = "house.csv") -> Taxonomy:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_files("house", [path], wishes).taxonomy


def labels(taxonomy: Taxonomy, code: str) -> list[tuple[str, str, bool]]:
    return [(term.text, term.language, term.preferred) for term in taxonomy.categories[code].terms]


def said(folder: Path, text: str | bytes, wishes: Wishes = FOUND_OUT, name: str = "house.csv") -> str:
    """What is wrong with the file."""
    with pytest.raises(JobpipeError) as caught:
        load(folder, text, wishes, name)
    return str(caught.value)


# Tables ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter(tmp_path: Path, delimiter: str) -> None:
    rows = ["code,label", "A1,Vente", "A2,Cuisine"]
    found = load(tmp_path, "\n".join(rows).replace(",", delimiter))
    assert {code: one.label() for code, one in found.categories.items()} == {"A1": "Vente", "A2": "Cuisine"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_any_encoding(tmp_path: Path, encoding: str) -> None:
    found = load(tmp_path, "code;libellé\nA1;Hôtellerie\nA2;Élevage\n".encode(encoding))
    assert found.categories["A1"].label() == "Hôtellerie"


def test_several_rows_of_a_code_are_its_synonyms(tmp_path: Path) -> None:
    found = load(tmp_path, "code,label\nA1,Vente\nA1,Commerce\nA1,Vente\n")
    assert labels(found, "A1") == [("Vente", "", True), ("Commerce", "", False)]


def test_labels_in_languages_and_synonyms_in_one_cell(tmp_path: Path) -> None:
    found = load(tmp_path, "id,label_fr,label_en,altLabels_fr\nA1,Vente,Sales,Commerce|Négoce\n")
    assert labels(found, "A1") == [
        ("Vente", "fr", True),
        ("Sales", "en", True),
        ("Commerce", "fr", False),
        ("Négoce", "fr", False),
    ]
    assert found.categories["A1"].label("en") == "Sales"
    assert found.categories["A1"].label("de") == "Vente"


def test_a_column_a_language(tmp_path: Path) -> None:
    found = load(tmp_path, "slug,en,de,aliases\nchef,Chef,Koch,Cook;Kitchen chef\ncook,Cook,,\n")
    assert labels(found, "chef")[1] == ("Koch", "de", True)
    assert labels(found, "cook") == [("Cook", "en", True)]


def test_several_codes_in_one_cell_share_a_label_or_have_their_own(tmp_path: Path) -> None:
    found = load(tmp_path, "code,label\nA1|A2,Vente|Achat\nA3|A4,Divers\n")
    assert [one.label() for one in found.categories.values()] == ["Vente", "Achat", "Divers", "Divers"]


def test_a_list_of_words_is_a_taxonomy_of_words(tmp_path: Path) -> None:
    found = load(tmp_path, 'domain\nAchats\n"Accueil, vente"\n')
    assert list(found.categories) == ["Achats", "Accueil, vente"]


def test_what_is_the_same_in_all_rows_of_a_code_is_its_label(tmp_path: Path) -> None:
    rows = "title,group_code,group_name\nclerk,411,administration\nsecretary,411,administration\nchef,543,kitchens\n"
    found = load(tmp_path, rows)
    assert labels(found, "411") == [
        ("administration", "", True),
        ("clerk", "", False),
        ("secretary", "", False),
    ]


def test_files_of_two_languages_are_one_taxonomy(tmp_path: Path) -> None:
    for language, label in (("fr", "Vente"), ("en", "Sales")):
        (tmp_path / f"groups_{language}.csv").write_text(f"code,label\nA1,{label}\n")
    paths = [tmp_path / "groups_fr.csv", tmp_path / "groups_en.csv"]
    found = load_files("house", paths, Wishes()).taxonomy
    assert labels(found, "A1") == [("Vente", "fr", True), ("Sales", "en", True)]
    named = load_files("house", paths, Wishes(languages=("nl", "de"))).taxonomy
    assert [term.language for term in named.categories["A1"].terms] == ["nl", "de"]


# Hierarchies -----------------------------------------------------------------------------------------


def test_a_parent_column_makes_a_hierarchy_and_its_own_parent_is_at_the_top(tmp_path: Path) -> None:
    found = load(tmp_path, "code,label,parent\nA,Tout,A\nA1,Vente,A\nA2,Achat,A|B\nB,Rien,\n")
    assert {code: one.parents for code, one in found.categories.items()} == {
        "A": (),
        "A1": ("A",),
        "A2": ("A", "B"),
        "B": (),
    }


def test_columns_that_are_found_may_be_left_out(tmp_path: Path) -> None:
    rows = "code,label,synonyms,parent\nA,Tout,Tous,\nB1,Vente,,Z\n"
    found = load(tmp_path, rows, Wishes(parent="", synonyms=(Column(name=""),)))
    assert found.labels == 2 and not any(one.parents for one in found.categories.values())


def test_prefixes_make_a_hierarchy_where_codes_are_made_of_levels(tmp_path: Path) -> None:
    rows = "code,label\n0,Army\n01,Officers\n011,Officers\n0110,Officers\n1,Managers\n11,Chiefs\n"
    found = load(tmp_path, rows)
    assert [one.parents for one in found.categories.values()] == [(), ("0",), ("01",), ("011",), (), ("1",)]
    assert not any(one.parents for one in load(tmp_path, rows, Wishes(prefixes="no")).categories.values())


def test_numbers_that_only_count_are_no_levels(tmp_path: Path) -> None:
    rows = "code,label\n" + "".join(f"{number},Sector {number}\n" for number in range(1, 60))
    assert not any(one.parents for one in load(tmp_path, rows).categories.values())
    assert load(tmp_path, rows, Wishes(prefixes="yes")).categories["11"].parents == ("1",)


# JSON, XML, SKOS -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "document",
    [
        [{"code": "A", "label": "Tout", "children": [{"code": "A1", "label": "Vente"}]}],
        {"A": "Tout", "A1": "Vente"},
        {"A": {"label": "Tout"}, "A1": {"label": "Vente"}},
        {"version": 3, "items": [{"id": "A", "name": "Tout"}, {"id": "A1", "name": "Vente"}]},
        {"A": {"fr": "Tout"}, "A1": {"fr": "Vente", "en": "Sales"}},
    ],
)
def test_json_in_the_usual_shapes(tmp_path: Path, document: object) -> None:
    found = load(tmp_path, json.dumps(document), name="house.json")
    assert {code: one.label() for code, one in found.categories.items()} == {"A": "Tout", "A1": "Vente"}


def test_what_is_nested_in_json_is_below(tmp_path: Path) -> None:
    document = {"1": {"libelle": "Champs", "jobs": [{"code": "A1", "libelle": "Fermier"}]}}
    found = load(tmp_path, json.dumps(document), Wishes(children="jobs"), name="house.json")
    assert found.categories["A1"].parents == ("1",)


def test_xml_records_in_their_encoding(tmp_path: Path) -> None:
    items = "".join(f"<item><code>A{n}</code><libelle>Cœur {n}</libelle></item>" for n in range(3))
    found = load(
        tmp_path, f'<?xml version="1.0" encoding="iso-8859-15"?><all>{items}</all>'.encode("iso-8859-15"), name="a.xml"
    )
    assert found.categories["A2"].label() == "Cœur 2"


def test_a_workbook_is_a_table(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (("Code", "Libellé"), ("01.11Z", "Culture de céréales"), ("01.12Z", "Culture du riz")):
        book.active.append(row)
    book.save(tmp_path / "naf.xlsx")
    found = load_files("naf", [tmp_path / "naf.xlsx"], FOUND_OUT).taxonomy
    assert found.categories["01.12Z"].label() == "Culture du riz"


SKOS = """\
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:skos="http://www.w3.org/2004/02/skos/core#">
  <skos:ConceptScheme rdf:about="http://example.org/scheme"/>
  <skos:Concept rdf:about="http://example.org/a">
    <skos:notation>A</skos:notation>
    <skos:prefLabel xml:lang="fr">Tout</skos:prefLabel>
    <skos:narrower><skos:Concept rdf:about="http://example.org/a1">
      <skos:notation>A1</skos:notation>
      <skos:prefLabel xml:lang="fr">Vente</skos:prefLabel>
      <skos:prefLabel xml:lang="en-GB">Sales</skos:prefLabel>
      <skos:altLabel xml:lang="fr">Commerce</skos:altLabel>
    </skos:Concept></skos:narrower>
  </skos:Concept>
  <rdf:Description rdf:about="http://example.org/a2">
    <rdf:type rdf:resource="http://www.w3.org/2004/02/skos/core#Concept"/>
    <skos:notation>A2</skos:notation>
    <skos:broader rdf:resource="http://example.org/a1"/>
    <skos:prefLabel xml:lang="fr">Caisse</skos:prefLabel>
  </rdf:Description>
</rdf:RDF>
"""


def test_skos_with_notations_languages_and_what_is_broader(tmp_path: Path) -> None:
    found = load(tmp_path, SKOS, name="house.rdf")
    assert {code: one.parents for code, one in found.categories.items()} == {"A": (), "A1": ("A",), "A2": ("A1",)}
    assert labels(found, "A1") == [("Vente", "fr", True), ("Sales", "en", True), ("Commerce", "fr", False)]
    french = load(tmp_path, SKOS, Wishes(languages=("fr",)), name="house.rdf")
    assert {term.language for one in french.categories.values() for term in one.terms} == {"fr"}


def test_skos_without_notations_has_uris_for_codes(tmp_path: Path) -> None:
    found = load(tmp_path, SKOS.replace("skos:notation", "skos:note"), name="house.rdf")
    assert found.categories["http://example.org/a2"].parents == ("http://example.org/a1",)


def test_an_entity_bomb_is_refused_and_nothing_outside_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE rdf:RDF [<!ENTITY e0 "lol">{entities}]>'
    assert "bomb" in said(tmp_path, bomb + SKOS.replace("Caisse", "&e9;"), name="house.rdf")
    outside = f'<!DOCTYPE rdf:RDF [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]>'
    try:
        found = load(tmp_path, outside + SKOS.replace("Caisse", "Caisse &x;"), name="house.rdf")
    except JobpipeError:
        return
    assert "secret" not in str(found)


# What is wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wishes", "message"),
    [
        ("", Wishes(), "house.csv: the file is empty"),
        ("code,label\n", Wishes(), "house.csv: the file has no rows"),
        ("code,label\nA1,Vente\nA2,\n", Wishes(), "house.csv:3: the code A2 has no label"),
        ("code,label\nA1,Vente\n,Achat\n", Wishes(), "house.csv:3: 1 rows have a label and no code"),
        ('code,label\n"A1,Vente\nA2,Achat\n', Wishes(), "house.csv:2: no row of a table"),
        (b"\x1f\x8b\x08\x00abc", Wishes(), "house.csv: the file is a gzip file"),
        (bytes(range(256)) * 8, Wishes(), "house.csv: a binary file is no taxonomy"),
        ("code,label\nA1,Vente,Achat\n", Wishes(), "house.csv:2: the row has 3 cells"),
        ("code,label\nA1,Vente\n", Wishes(code="cod"), "did you mean code?"),
        ("code,label\nA1,Vente\n", Wishes(languages=("xx",)), "'xx' is no language"),
        ("code,label,parent\nA,a,B\nB,b,A\n", Wishes(), "in a circle"),
        ("code,label,parent\nA,a,C\n", Wishes(), "house.csv:2: A is below C, which is no code"),
        ("a_id,a_label,b_id,b_label\n1,x,2,y\n1,x,3,z\n2,w,2,y\n", Wishes(), "are a_id, a_label, b_id"),
        ("weight,height\nheavy,high\nlight,low\n", Wishes(), "no column looks like the code"),
        ("code,label\nA1,Vente\n".encode("utf-16"), Wishes(encoding="klingon"), "there is no encoding 'klingon'"),
        (
            "code,label\nA1,Vente\nA2,Élevage\n".encode("cp1252"),
            Wishes(encoding="utf-8"),
            "house.csv:3: the file is",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str | bytes, wishes: Wishes, message: str) -> None:
    assert message in said(tmp_path, text, wishes)


def test_a_circle_of_many_codes_is_found_without_recursion(tmp_path: Path) -> None:
    size = 5_000
    rows = "".join(f"c{number},x,c{(number + 1) % size}\n" for number in range(size))
    assert "in a circle" in said(tmp_path, "code,label,parent\n" + rows)


def test_broken_json_and_deep_json_are_refused(tmp_path: Path) -> None:
    assert "not JSON" in said(tmp_path, '{"A": ', name="house.json")
    assert "not JSON" in said(tmp_path, "[" * 100_000, name="house.json")


TURTLE = """\
# Of a house.
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix x: <http://example.org/> .
x:a a skos:Concept ; skos:notation "A" ; skos:prefLabel "Tout"@fr ; skos:narrower x:a1 .
x:a1 a skos:Concept ; skos:notation "A1" ; skos:prefLabel "Vente"@fr, "Sales"@en-GB ; skos:altLabel "Commerce"@fr .
x:a2 a skos:Concept ; skos:notation "A2" ; skos:prefLabel "Caisse"@fr ; skos:broader x:a1 .
"""


def test_skos_as_turtle_and_as_triples_says_what_it_says_as_xml(tmp_path: Path) -> None:
    import rdflib

    found = load(tmp_path, TURTLE, name="house.ttl")
    triples = rdflib.Graph().parse(data=TURTLE, format="turtle").serialize(format="nt")
    assert load(tmp_path, triples, name="house.nt") == found
    xml = load(tmp_path, SKOS, name="house.rdf")
    assert {code: (set(one.terms), one.parents) for code, one in found.categories.items()} == {
        code: (set(one.terms), one.parents) for code, one in xml.categories.items()
    }
    assert "house.ttl:4: not well-formed Turtle" in said(tmp_path, TURTLE.replace('"A" ;', '"A" ;;('), name="house.ttl")


def test_json_ld_which_would_fetch_its_contexts_is_refused(tmp_path: Path) -> None:
    document = {"@context": "http://example.org/context.json", "@graph": [{"@id": "x:a"}]}
    assert "JSON-LD is not read" in said(tmp_path, json.dumps(document), name="house.jsonld")


def test_packed_and_unpacked_it_is_the_same(tmp_path: Path) -> None:
    found = load(tmp_path, "code,label_fr,label_en,parent\nA,Tout,All,\nA1,Vente,Sales,A\n")
    again = unpack("house", "", pack(found))
    assert again == found
    assert digest_of(again) == digest_of(found)


# Real files ------------------------------------------------------------------------------------------

# Files, wishes, codes, labels, codes that have one above them. Counted with the csv module.
REAL = [
    (["rome_v3_labels.csv"], Wishes(), 532, 532, 0),
    (["rome_v460_codes.csv"], Wishes(), 1584, 1584, 1052),
    (["rome_v460_codes_iso8859-15.xml"], Wishes(), 1584, 1584, 1052),
    (["naf_rev2_labels.csv"], Wishes(), 732, 732, 0),
    (["isco08_groups_en.csv", "isco08_groups_fr.csv"], Wishes(), 619, 1238, 609),
    (["esco_occupations.csv"], Wishes(), 2942, 5884, 0),
    (["esco_altlabels_en_train.csv"], Wishes(code="isco08"), 423, None, 0),
    (["rome_appellations_train.csv"], Wishes(code="code_rome"), 532, None, 0),
    (["rome_appellations_train.csv"], Wishes(code="code_ogr"), 8872, 8872, 0),
    (["uk_soc2010_titles_train.csv"], Wishes(), 90, None, 0),
    (["occupations_multilingual.csv"], Wishes(), 91, None, 42),
    (["lba_sous_domaines.csv"], Wishes(), 124, 124, 0),
    (
        ["lba_metier_sous_domaine_train.csv"],
        Wishes(code="sous_domaine", labels=(Column(name="intitule"),)),
        121,
        None,
        0,
    ),
    (["secteurs_naf_rome.json"], Wishes(), 89, 89, 0),
    (["secteurs_naf_rome.json"], Wishes(children="codes_rome"), 1673, None, 1584),
    (["rome_naf_hirings.csv"], Wishes(code="naf_id"), 692, 692, 0),
]


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples here")
@pytest.mark.parametrize(("files", "wishes", "codes", "terms", "below"), REAL, ids=lambda one: str(one)[:60])
def test_every_real_file_loads(files: list[str], wishes: Wishes, codes: int, terms: int | None, below: int) -> None:
    found = load_files("real", [SAMPLES / file for file in files], wishes).taxonomy
    assert len(found.categories) == codes
    assert terms is None or found.labels == terms
    assert sum(bool(one.parents) for one in found.categories.values()) == below


@pytest.mark.samples
@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples here")
def test_the_same_taxonomy_as_xml_and_as_csv_is_the_same() -> None:
    first, second = (
        load_files("rome", [SAMPLES / file], Wishes()).taxonomy
        for file in ("rome_v460_codes.csv", "rome_v460_codes_iso8859-15.xml")
    )
    assert Counter(first.categories.values()) == Counter(second.categories.values())
