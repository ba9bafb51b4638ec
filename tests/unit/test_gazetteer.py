"""Where places are: by the world's towns, with caution; and the house's own table above them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stepping import built, made, new_bench

from jobpipe.errors import RecordError
from jobpipe.transform.gazetteer.choosing import Wanted, choose
from jobpipe.transform.gazetteer.file import Gazetteer, Place, gazetteer, write_gazetteer
from jobpipe.transform.gazetteer.names import place_key, spellings
from jobpipe.transform.gazetteer.regions import region_of, regions


def where(given_: Any, country: str = "") -> tuple[float, float] | None:
    """Rounded to a tenth of a degree, some ten kilometres."""
    found = made(f"{{coordinates: {country}}}" if country else "coordinates", given_)
    return (round(found["latitude"], 1), round(found["longitude"], 1)) if "latitude" in found else None


@pytest.mark.parametrize(
    ("text", "country", "point"),
    [
        ("Köln", "", (50.9, 7.0)),
        ("Cologne", "DE", (50.9, 7.0)),
        ("Koeln", "DE", (50.9, 7.0)),
        ("D-50667 Köln", "", (50.9, 7.0)),
        ("Genf", "", (46.2, 6.1)),
        ("Genève, Suisse", "", (46.2, 6.1)),
        ("'s-Hertogenbosch", "", (51.7, 5.3)),
        ("Den Bosch", "NL", (51.7, 5.3)),
        ("Frankfurt a. M.", "DE", (50.1, 8.7)),
        ("Frankfurt am Main", "", (50.1, 8.7)),
        ("Frankfurt (Oder)", "DE", (52.3, 14.6)),
        ("Halle (Saale)", "DE", (51.5, 12.0)),
        ("St. Gallen", "CH", (47.4, 9.4)),
        ("Paris 15e", "", (48.8, 2.3)),
        ("PARIS 15", "FR", (48.9, 2.3)),
        ("Paris Cedex 09", "FR", (48.9, 2.3)),
        ("Saint-Étienne (42)", "FR", (45.4, 4.4)),
        ("97400 Saint-Denis", "FR", (-20.9, 55.5)),
        ("93200 Saint-Denis", "FR", (48.9, 2.4)),
        ("Cambridge, MA", "", (42.4, -71.1)),
        ("Springfield, IL", "", (39.8, -89.6)),
        ("London, Ontario, Canada", "", (43.0, -81.2)),
        ("Berlin, DE", "", (52.5, 13.4)),
        ("Wilmington, DE", "", (39.7, -75.5)),
        ("Warszawa", "", (52.2, 21.0)),
        ("東京", "", (35.7, 139.7)),
    ],
)
def test_a_place_is_found_however_it_is_written(text: str, country: str, point: tuple[float, float]) -> None:
    assert where(text, country) == point


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("Springfield", ""),
        ("Springfield", "US"),
        ("Birmingham", ""),
        ("Cambridge", ""),
        ("Valencia", ""),
        ("Neustadt", "DE"),
    ],
)
def test_of_several_large_namesakes_none_is_taken(text: str, country: str) -> None:
    assert where(text, country) is None


@pytest.mark.parametrize("text", ["Remote", "Home office", "Siège social", "France", "Île-de-France", "n/a", "Agence"])
def test_what_is_no_town_is_nowhere(text: str) -> None:
    assert where(text) is None
    assert where(text, "FR") is None


def test_what_the_source_says_stays() -> None:
    said = {"city": "Cologne", "region": "NRW", "country": "DE"}
    found = made("coordinates", said)
    assert {name: found[name] for name in said} == said
    assert found["latitude"] == 50.93333
    given_ = {"city": "Lyon", "country": "FR", "latitude": 1.5, "longitude": 2.5}
    assert made("coordinates", given_) == given_


def test_a_region_that_contradicts_the_town_gives_no_coordinates() -> None:
    assert where({"city": "Lyon", "region": "Bretagne", "country": "FR"}) is None
    assert where({"city": "Lyon", "region": "Rhône", "country": "FR"}) == (45.7, 4.8)


def test_coordinates_alone_give_the_town_around_them() -> None:
    found = made("coordinates", {"latitude": "48,842", "longitude": "2.29"})
    assert (found["city"], found["region"], found["country"]) == ("Paris", "Île-de-France", "FR")
    assert found["latitude"] == 48.842
    assert made("coordinates", {"latitude": 0.001, "longitude": -30.0}) == {"latitude": 0.001, "longitude": -30.0}
    assert made("coordinates", {"latitude": 0, "longitude": 0, "city": "Lyon"})["latitude"] == 45.74906


def test_a_house_says_where_its_own_places_are() -> None:
    tables = {"step-coordinates": {"Campus Nord": "48.5, 2.5", "Springfield": "10,20"}}
    assert made("coordinates", "campus nord", tables=tables)["latitude"] == 48.5
    assert made("coordinates", "Springfield", tables=tables)["longitude"] == 20.0
    bench = new_bench()
    built("coordinates", bench)([{"text": "Neustadt", "city": "Neustadt"}, {"text": "Remote"}, {"city": "Lyon"}])
    assert bench.unmapped == [("step:coordinates", "Neustadt")]


def test_regions_have_their_codes_and_names() -> None:
    assert made("{region: {form: code}}", "Bavière") == "DE-BY"
    assert made("region", "Limburg") is None
    assert made("{region: NL}", "Limburg") == "Limburg"
    assert made("{region: {country: FR, form: code}}", "idf") == "FR-IDF"
    assert made("{region: {form: code}}", "Nord", tables={"step-region": {"Nord": "DE-SH"}}) == "DE-SH"
    with pytest.raises(RecordError, match="no region is named"):
        made("{region: {unmapped: reject}}", "Atlantis")
    known = regions()
    assert all(region_of(one.code) == one and region_of(one.name, one.country) == one for one in known.by_code.values())


TOWNS = [
    Place("Nordstadt", "DE", "01", 50.0, 8.0, 90_000),
    Place("Nordstadt", "DE", "02", 51.0, 9.0, 70_000),
    Place("Nordstadt", "AT", "03", 48.0, 14.0, 9_000),
    Place("Südburg", "DE", "01", 50.1, 8.1, 20_000),
]


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Gazetteer:
    path = tmp_path_factory.mktemp("gazetteer") / "places.bin"
    write_gazetteer(path, [(one, ["alte stadt"] if one.name == "Südburg" else []) for one in TOWNS])
    return Gazetteer(path)


def test_country_region_and_people_decide_between_namesakes(few: Gazetteer) -> None:
    assert choose(few, Wanted("Nordstadt", "AT")) == TOWNS[2]
    assert choose(few, Wanted("Nordstadt", "DE", "Bayern")) == TOWNS[1]
    assert choose(few, Wanted("Nordstadt", "DE")) is None
    assert choose(few, Wanted("Nordstadt")) is None
    assert choose(few, Wanted("Alte Stadt", "DE")) == TOWNS[3]
    assert choose(few, Wanted("Suedburg", "DE")) is None


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "places.bin"
    path.write_bytes(b"something else entirely, which is long enough")
    with pytest.raises(ValueError, match="no gazetteer"):
        Gazetteer(path)


@given(st.text(max_size=40))
def test_any_text_may_be_looked_up(text: str) -> None:
    for key in spellings(text):
        assert place_key(key) == key
        gazetteer().named(key)
    choose(gazetteer(), Wanted(text, text=text))


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_the_nearest_town_is_near(latitude: float, longitude: float) -> None:
    found = gazetteer().nearest(latitude, longitude, within=20)
    assert found is None or abs(found.latitude - latitude) < 0.2
