"""What the columns of a taxonomy's table are usually called, in the languages that such tables are written in."""

from __future__ import annotations

import re
from functools import lru_cache

# Words of a column's name: `codeRome`, `code_rome` and `Code ROME` are code and rome.
_WORD = re.compile(r"[A-Z]+(?![a-zà-ÿ])|[A-ZÀ-Ý]?[a-zà-ÿ]+|\d+")

CODE = frozenset(
    {"code", "id", "notation", "slug", "key", "uri", "identifier", "codes", "kode", "kod", "codigo", "clé"}
)
# Where several columns are codes: in the order in which they are believed.
FIRST_CODES = ("code", "notation", "id", "slug", "key")
LABEL = frozenset(
    [
        "label", "labels", "name", "title", "titles", "libelle", "libellé", "intitule", "intitulé", "nom", "titre",
        "bezeichnung", "benennung", "titel", "naam", "omschrijving", "nombre", "titulo", "nome", "term", "etiqueta",
        "benämning", "navn", "nazwa", "description", "preflabel", "preferredlabel",
    ]
)  # fmt: skip
# A description is a label only where nothing else is one.
WEAK_LABEL = frozenset({"description"})
SYNONYM = frozenset(
    [
        "synonym", "synonyms", "synonyme", "synonymes", "alias", "aliases", "altlabel", "altlabels", "alternative",
        "alternatives", "appellation", "appellations", "hiddenlabel", "hiddenlabels", "variants", "keywords",
    ]
)  # fmt: skip
PARENT = frozenset(
    [
        "parent",
        "parents",
        "broader",
        "père",
        "pere",
        "superior",
        "oberbegriff",
        "übergeordnet",
        "parentcode",
        "parentid",
    ]
)

_LANGUAGES = """
aa ab af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es
et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki
kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no
nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te
tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
# ISO 639-1.
LANGUAGES = frozenset(_LANGUAGES.split())
_SUFFIX = re.compile(r"(?P<base>.*?[^\W_])[\s_\-.:@/(\[]+(?P<language>[A-Za-z]{2})(?:[-_][A-Za-z]{2})?[)\]]?")


@lru_cache(maxsize=1_000)
def words_of(column: str) -> frozenset[str]:
    found = frozenset(word.casefold() for word in _WORD.findall(column))
    joined = "".join(_WORD.findall(column)).casefold()
    return found | {joined}


def language_of_column(column: str) -> tuple[str, str]:
    """(what it is, language) of `label_fr`, `Label (en)`, `nl`; "" = says none."""
    plain = column.strip().casefold()
    if plain in LANGUAGES:
        return "", plain
    found = _SUFFIX.fullmatch(column.strip())
    if found and (language := found["language"].casefold()) in LANGUAGES and language != "id":
        return found["base"], language
    return column, ""


def is_code(column: str) -> bool:
    return bool(words_of(column) & CODE) and not is_parent(column) and not is_label(column)


def is_label(column: str) -> bool:
    base, _ = language_of_column(column)
    return bool(words_of(base) & LABEL) and not is_synonym(column)


def is_synonym(column: str) -> bool:
    base, _ = language_of_column(column)
    words = words_of(base)
    return bool(words & SYNONYM) or ({"alt", "label"} <= words) or ({"hidden", "label"} <= words)


def is_parent(column: str) -> bool:
    return bool(words_of(column) & PARENT)


def subject_of(column: str) -> frozenset[str]:
    """What its name says besides that it is a code or a label: `rome` of `code_rome` and `libelle_rome`."""
    base, _ = language_of_column(column)
    joined = "".join(_WORD.findall(base)).casefold()
    return words_of(base) - CODE - LABEL - {joined}
