"""Experience, education, and the language of a text: known in many ways of saying it, not guessed."""

from __future__ import annotations

import pytest
from stepping import made

from jobpipe.errors import DefinitionError
from jobpipe.transform.steps.language_detection import language_of_text

ABOUT = (
    "We are a company of 300 people, founded 12 years ago, and our early stage ideas are known all over the world. " * 2
)


@pytest.mark.parametrize(
    ("wording", "level", "years"),
    [
        ("Moins de 2 ans", "junior", "1"),
        ("Plus de 10 ans", "senior", "10"),
        ("less than 1 year", "entry", "0"),
        ("Expérience exigée de 2 An(s)", "junior", "2"),
        ("mehr als 3 Jahre", "experienced", "3"),
        ("minimaal 3 jaar ervaring", "experienced", "3"),
        ("más de 5 años", "senior", "5"),
        ("almeno 2 anni", "junior", "2"),
        ("5 lat doświadczenia", "senior", "5"),
        ("6 mois", "entry", "0"),
        ("Berufseinsteiger", "entry", None),
        ("Confirmé", "experienced", None),
        ("Starszy specjalista", "experienced", None),
        ("Senior", "senior", None),
        ("18 ans minimum", None, None),
    ],
)
def test_experience_is_years_or_a_word(wording: str, level: str | None, years: str | None) -> None:
    assert made("experience", wording) == level
    assert made("{experience: years}", wording) == years


def test_in_a_text_only_years_of_experience_count() -> None:
    assert made("experience", ABOUT) is None
    assert made("experience", ABOUT + "You have at least 3 years of experience in sales.") == "experienced"
    assert made("experience", ABOUT + "Vous justifiez d'une expérience de 5 ans minimum.") == "senior"


def test_the_house_says_levels_and_years() -> None:
    tables = {"step-experience": {"E1": "junior", "E2": "7"}}
    assert made("experience", ["E1", "E2"], tables=tables) == ["junior", "senior"]
    assert made("{experience: years}", ["E1", "E2"], tables=tables) == ["7"]
    with pytest.raises(DefinitionError, match="cannot make 'expert'"):
        made("experience", "E1", tables={"step-experience": {"E1": "expert"}})


@pytest.mark.parametrize(
    ("wording", "level"),
    [
        ("Bac+5", "master"),
        ("Bac + 2", "short_cycle"),
        ("Bac", "upper_secondary"),
        ("CAP ou BEP", "vocational"),
        ("Berufsausbildung", "vocational"),
        ("Hochschulabschluss", "bachelor"),
        ("Master's degree", "master"),
        ("MBO 4", "vocational"),
        ("HBO/WO", "bachelor"),
        ("Laurea magistrale", "master"),
        ("Ensino médio", "upper_secondary"),
        ("wyższe", "bachelor"),
        ("Grado superior (FP)", "bachelor"),
        ("Ph.D.", "doctorate"),
        ("Sans diplôme", "none"),
        ("Sup_7", None),
    ],
)
def test_education_is_the_least_that_is_asked_for(wording: str, level: str | None) -> None:
    assert made("education", wording) == level


def test_a_scrum_master_needs_no_degree() -> None:
    assert made("education", ABOUT + "You are a scrum master, and a master of planning.") is None
    assert made("education", ABOUT + "You hold a Master's degree in physics.") == "master"


SENTENCES = {
    "cs": "Hledáme motivovaného člověka do našeho týmu v Praze a nabízíme stálou práci i zajímavý plat.",
    "da": "Vi søger en motiveret medarbejder til vores hold i Aarhus, og vi glæder os til at høre fra dig.",
    "de": "Wir suchen eine motivierte Person für unser Team in Köln und freuen uns auf Ihre Bewerbung.",
    "en": "We are looking for a motivated person to join our team in London, and offer a good salary.",
    "es": "Buscamos una persona motivada para unirse a nuestro equipo en Madrid, con un buen sueldo.",
    "fi": "Etsimme motivoitunutta henkilöä tiimiimme Helsingissä ja tarjoamme vakituisen työpaikan.",
    "fr": "Nous recherchons une personne motivée pour rejoindre notre équipe à Lyon dès que possible.",
    "hr": "Tražimo motiviranu osobu za naš tim u Zagrebu, nudimo stalan posao i dobru plaću za rad.",
    "it": "Cerchiamo una persona motivata per il nostro gruppo a Milano, con un buon stipendio fisso.",
    "nl": "Wij zoeken een gemotiveerde collega voor ons team in Utrecht en bieden een goed salaris.",
    "no": "Vi søker en motivert person til teamet vårt i Bergen, og vi gleder oss til å høre fra deg.",
    "pl": "Poszukujemy zmotywowanej osoby do naszego zespołu w Krakowie i oferujemy dobre zarobki.",
    "pt": "Procuramos uma pessoa motivada para a nossa equipa em Lisboa, e oferecemos um bom salário.",
    "ro": "Căutăm o persoană motivată pentru echipa noastră din Cluj și oferim un salariu bun lunar.",
    "sv": "Vi söker en motiverad person till vårt team i Malmö och erbjuder en bra lön varje månad.",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_the_language_of_a_sentence_is_told(code: str) -> None:
    assert language_of_text(SENTENCES[code]) == code
    assert language_of_text(f"<p>{SENTENCES[code].upper()}</p>\n<a href='https://example.org'>x</a>") == code


@pytest.mark.parametrize(
    "text", ["", "Chef", "Lyon 69003", "12345 67890 !!!", "https://example.org/jobs", "\0\ud800 ab"]
)
def test_of_too_little_nothing_is_guessed(text: str) -> None:
    assert language_of_text(text) is None


def test_the_sources_word_counts_more() -> None:
    posting = {"title": "Koch", "description": SENTENCES["de"]}
    assert made("detect_language", None, posting=posting) == "de"
    assert made("detect_language", "fr", posting=posting) == "fr"
    with pytest.raises(DefinitionError, match="from 0 to 1"):
        made("{detect_language: 7.5}", None)
