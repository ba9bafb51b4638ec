"""Words as they are searched: without case and accents, the same for every store."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import msgspec
import xxhash

from jobpipe.documents.search.store import FACTS, MAX_SEARCHED, Entry, Wanted

# Raised with whatever else a posting is to be found by: an index that was made otherwise is made anew.
BY_WORDS = 2
FIELDS = ("title", "company", "place")
# In no word: so nobody's text is taken for a fact.
SIGN = "="
# Of a question, words.
_MAX_ASKED = 20
# What is longer is several.
_WORD = re.compile(r"[^\W_]{1,40}")
_ASKED = re.compile(rf"(?:({'|'.join(FIELDS)}):)?(\S+)", re.IGNORECASE)


class Asked(msgspec.Struct, frozen=True):
    # As `words_in` has it: letters and digits, behind a field and `SIGN` where it is to stand there.
    word: str
    # Words that begin with it are meant too.
    begins: bool = False


def words_of(text: str) -> list[str]:
    """Each once, in their order."""
    if text.isascii():
        return list(dict.fromkeys(_WORD.findall(text.lower())))
    # Composed, so that a letter with its accents is one letter to the pattern.
    words = dict.fromkeys(_WORD.findall(unicodedata.normalize("NFKC", text)))
    return list(dict.fromkeys(one for word in words for one in ((word.lower(),) if word.isascii() else _folded(word))))


@lru_cache(maxsize=50_000)
def _folded(word: str) -> tuple[str, ...]:
    parts = unicodedata.normalize("NFKD", word)
    return tuple(_WORD.findall("".join(one for one in parts if not unicodedata.combining(one)).casefold()))


def words_in(entry: Entry) -> list[str]:
    """All by which a posting is found: its words, `title=cook` for what stands in a field, and marks of its facts."""
    fields = {name: words_of(str(getattr(entry, name))) for name in FIELDS}
    found = dict.fromkeys((*words_of(entry.description[:MAX_SEARCHED]), *words_of(entry.key)))
    for name, words in fields.items():
        found.update(dict.fromkeys(words))
        found.update(dict.fromkeys(f"{name}{SIGN}{word}" for word in words))
    found.update(dict.fromkeys(_marks_of(entry)))
    return list(found)


def asked(text: str) -> list[Asked]:
    """What a person wrote; signs between words part them."""
    found: list[Asked] = []
    for field, said in _ASKED.findall(text):
        words = words_of(said)
        where = f"{field.lower()}{SIGN}" if field else ""
        found += [Asked(f"{where}{word}", said.endswith("*") and word is words[-1] and len(word) > 1) for word in words]
    return list(dict.fromkeys(found))[:_MAX_ASKED]


def _marks_of(entry: Entry) -> list[str]:
    values: Iterable[tuple[str, str]] = (
        ("state", entry.state),
        *(("country", one) for one in entry.countries),
        ("contract", entry.contract),
        *(("category", one) for one in entry.categories),
    )
    return [import_mark(entry.import_id), *dict.fromkeys(_mark(fact, value) for fact, value in values if value)]


def wanted_marks(wanted: Wanted) -> list[str]:
    """Without the imports, of which one is enough."""
    return [_mark(fact, value) for fact in FACTS if (value := str(getattr(wanted, fact)))]


def import_mark(import_id: int) -> str:
    return f"{SIGN}i{import_id}"


def _mark(fact: str, value: str) -> str:
    return f"{SIGN}{fact[:3]}{xxhash.xxh3_64_hexdigest(value.encode('utf-8', 'surrogatepass'))}"
