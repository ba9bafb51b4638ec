"""Repair of wrongly decoded text: what is mended, what is left alone, and the law of the gate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobpipe.transform.mojibake import repair_text, repair_ungated


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("DÃ©veloppeur", "Développeur"),
        ("l\u00e2\u20ac\u2122\u00c3\u00a9quipe", "l’équipe"),
        ("Dév\x00eloppeur", "Développeur"),
        ("naïve cafe\u0301", "naïve café"),
        ("a\x92b", "a’b"),
        ("\ufeffTitre", "Titre"),
        ("première ligne\nDÃ©veloppeur\ntroisième", "première ligne\nDéveloppeur\ntroisième"),
    ],
)
def test_text_that_was_decoded_wrongly_is_mended(broken: str, mended: str) -> None:
    assert repair_text(broken) == mended


@pytest.mark.parametrize(
    "text",
    ["« L’été à Nîmes » – créée en 1998…", "Straße & Söhne GmbH", "œuvre", "CŒUR", "ﬁn", "“quotes” &amp; <b>é</b>", ""],
)
def test_good_text_is_left_alone(text: str) -> None:
    assert repair_text(text) == text


def misread(text: str, encoding: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode(encoding, "replace")


words = st.sampled_from(
    [
        "été",
        "l’équipe",
        "créée",
        "à",
        "œuvre",
        "CŒUR ",
        "où",
        "Ünal",
        "naïf",
        "40 000 €",
        "« oui »",
        "–",
        "Ça",
        "…",
        "ÉCOLE",
        "Ã©",
        "â€™",
        "Â ",
        "Ã ",
        "Â°",
        "ÃƒÂ©",
        "\x92",
        "\x1b[31mrouge",
        "�",
        "\ufeff",
        "ﬁ",
        "é",
        "×²",
        "Ø§Ù„",
        "ГўВЂВ",
        "вЂ™",
        "√©",
        "‚Äô",
        "à²",
        "β€™",
        "ā€",
        "\n",
        "\r\n",
        "\x85",
        "\u2028",
        " ",
        "a",
    ]
)
texts = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(min_codepoint=0x80, max_codepoint=0x2FF), max_size=12),
    st.lists(words, max_size=12).map("".join),
    st.lists(words, max_size=12).map(" ".join),
    st.lists(words, max_size=6).map(lambda some: misread("".join(some), "cp1252")),
    st.lists(words, max_size=6).map(lambda some: misread("".join(some), "latin-1")),
    st.lists(words, max_size=4).map(lambda some: misread(misread("".join(some), "cp1252"), "latin-1")),
    st.lists(words, max_size=6).map(lambda some: misread("".join(some), "cp1251")),
    st.lists(words, max_size=6).map(lambda some: misread("".join(some), "mac_roman")),
)


@settings(max_examples=1500, deadline=None)
@given(texts)
def test_behind_its_gate_repair_makes_what_it_makes_without_it(text: str) -> None:
    assert repair_text(text) == repair_ungated(text)


def test_every_pair_of_characters_passes_the_gate_as_it_should() -> None:
    latin = [
        chr(code) for code in (*range(0x20, 0x180), *range(0x2010, 0x2040), 0x20AC, 0x2122, 0x2202, 0x221A, 0x2248)
    ]
    for first in latin:
        text = "\n".join(f"ab{first}{second}c" for second in latin)
        assert repair_text(text) == repair_ungated(text)


@pytest.mark.samples
def test_the_gate_holds_on_real_feeds(samples: Path) -> None:
    for name in json.loads((samples / "expected.json").read_text()):
        if name.startswith(("xml/", "json/", "rss/")):
            text = (samples / name).read_bytes().decode("utf-8", "replace")
            assert repair_text(text) == repair_ungated(text), name
