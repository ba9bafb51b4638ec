"""Places: what the form of a text tells, and nothing more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stepping import made

from jobpipe.transform.codes import COUNTRIES


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("69003 Lyon", "Lyon||69003|"),
        ("Lyon, 69003", "Lyon||69003|"),
        ("Lyon 03", "Lyon|||"),
        ("Lyon (69)", "Lyon|||"),
        ("Paris, Île-de-France, France", "Paris|Île-de-France||FR"),
        ("Boston, MA", "Boston|MA||US"),
        ("Boston, MA 02110", "Boston|MA|02110|US"),
        ("Toronto, ON, Canada", "Toronto|ON||CA"),
        ("Renton, WA, US, 98055", "Renton|WA|98055|US"),
        ("US-CO-Denver", "Denver|CO||US"),
        ("London, UK", "London|||GB"),
        ("Leeds, United Kingdom, LS1 4AP", "Leeds||LS1 4AP|GB"),
        ("London SW1A 1AA", "London||SW1A 1AA|GB"),
        ("Genève, Suisse", "Genève|||CH"),
        ("Genève (Suisse)", "Genève|||CH"),
        ("CH-1201 Genève", "Genève||1201|CH"),
        ("D-10115 Berlin", "Berlin||10115|DE"),
        ("1012 AB Amsterdam", "Amsterdam||1012 AB|NL"),
        ("00-950 Warszawa", "Warszawa||00-950|PL"),
        ("111 22 Stockholm", "Stockholm||111 22|"),
        ("75 - Paris", "Paris|Paris||FR"),
        ("69 - LYON 03", "LYON|Rhône||FR"),
        ("59 - Nord", "|Nord||FR"),
        ("Köln 50667", "Köln||50667|"),
        ("12 rue de la Paix, 75002 Paris, France", "Paris||75002|FR"),
        ("Bahnhofstrasse 1, Zürich, Schweiz", "Zürich|||CH"),
        ("Grenoble Cedex 9", "Grenoble|||"),
        ("Île-de-France", "|Île-de-France||FR"),
        ("Val-d'Or", "Val-d'Or|||"),
        ("West Chester, PA", "West Chester|PA||US"),
        ("France", "|||FR"),
        ("US", "|||US"),
        ("Remote, France", "|||FR"),
        ("Berlin, DE", "Berlin|||"),
        ("Atlanta, Georgia", "Atlanta|||"),
        ("Paris / Lyon", "|||"),
        ("Paris, Lyon", "|||"),
        ("Télétravail", "|||"),
        ("Plusieurs villes", "|||"),
        ("x" * 2_000, "|||"),
    ],
)
def test_a_place_has_the_parts_that_its_form_tells(text: str, parts: str) -> None:
    names = ("city", "region", "postal_code", "country")
    expected = {name: part for name, part in zip(names, parts.split("|"), strict=True) if part}
    assert made("place", text) == {"text": text, **expected}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Lyon (69)", {"city": "Lyon", "region": "Rhône", "country": "FR"}),
        ("Lyon, Rhône", {"city": "Lyon", "region": "Rhône", "country": "FR"}),
        ("Genève, Suisse", {"city": "Genève", "country": "CH"}),
        ("Paris", {"city": "Paris", "country": "FR"}),
        ("Siège social", {"country": "FR"}),
    ],
)
def test_the_sources_own_country_counts_where_a_place_names_none(text: str, parts: dict[str, str]) -> None:
    assert made("{place: FR}", text) == {"text": text, **parts}


@given(st.text(alphabet="aéBC DE,()-/0123456789 '\u00a0", max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_text_stays_and_any_country_is_one(text: str) -> None:
    found = made("place", text)
    if found is None:
        assert not text.strip()
    else:
        assert found["text"] == " ".join(text.split())
        assert found.get("country", "FR") in COUNTRIES
