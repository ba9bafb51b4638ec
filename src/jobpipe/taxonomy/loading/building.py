"""From codes, labels and parents, in whatever order files give them, to a sound taxonomy."""

from __future__ import annotations

from collections.abc import Iterable

from jobpipe.errors import DefinitionError, LimitExceededError, Place
from jobpipe.taxonomy.taxonomies import Category, Taxonomy, Term

MAX_CODE = 200
MAX_LABEL = 1_000
MAX_CATEGORIES = 200_000
MAX_TERMS = 2_000_000
# Places or codes that an error names.
_SHOWN = 5
# Where so many codes begin with another one, that is what the codes are made for.
_PREFIXED = 0.5
# Lengths of codes that are made of levels, and the longest of these.
_LEVELS = 8
_LONGEST = 20


class Builder:
    def __init__(self) -> None:
        # By code: terms by (text, language), so that each is there once.
        self._terms: dict[str, dict[tuple[str, str], Term]] = {}
        self._parents: dict[str, dict[str, None]] = {}
        # Where a code was first seen.
        self._places: dict[str, Place] = {}
        self._count = 0
        # Whether a file says of any code what is above it.
        self._says_parents = False

    def code(self, code: str, place: Place) -> None:
        """A category, whether it has a label yet or not. Raises DefinitionError, LimitExceededError."""
        if len(code) > MAX_CODE:
            raise DefinitionError(f"a code of {len(code):,} characters: {code[:40]}…", place=place)
        if code not in self._places:
            if len(self._places) >= MAX_CATEGORIES:
                raise LimitExceededError(f"more than {MAX_CATEGORIES:,} codes", place=place, hint="is this the code?")
            self._places[code] = place
            self._terms[code] = {}
            self._parents[code] = {}

    def term(self, code: str, text: str, language: str, *, preferred: bool) -> None:
        """A further name; of several preferred ones in one language the first is the one to show."""
        text = " ".join(text.split())
        if not text:
            return
        if len(text) > MAX_LABEL:
            raise DefinitionError(
                f"a label of {len(text):,} characters: {text[:40]}…",
                place=self._places[code],
                hint="is this the label?",
            )
        terms = self._terms[code]
        first = preferred and not any(one.preferred and one.language == language for one in terms.values())
        known = terms.get((text, language))
        if known is None:
            self._count += 1
            if self._count > MAX_TERMS:
                raise LimitExceededError(f"more than {MAX_TERMS:,} labels", place=self._places[code])
        if known is None or (first and not known.preferred):
            terms[text, language] = Term(text, language, first)

    def parent(self, code: str, parent: str) -> None:
        """A code that is its own parent is at the top."""
        self._says_parents |= bool(parent)
        if parent and parent != code:
            self._parents[code][parent] = None

    def build(self, name: str, version: str, *, prefixes: str) -> Taxonomy:
        """Raises DefinitionError for no code at all, codes without a label, parents that are not there, circles."""
        if not self._places:
            raise DefinitionError("no code is in these files", hint="name the columns: --code COLUMN --label COLUMN")
        self._check_labels()
        if prefixes == "yes" or (prefixes == "auto" and not self._says_parents):
            self._parents_of_prefixes(certain=prefixes == "yes")
        self._check_parents()
        self._check_circles()
        return Taxonomy(
            name,
            version,
            {
                code: Category(code, tuple(_with_one_preferred(terms.values())), tuple(self._parents[code]))
                for code, terms in self._terms.items()
            },
        )

    def _check_labels(self) -> None:
        nameless = [code for code, terms in self._terms.items() if not terms]
        if nameless:
            raise DefinitionError(
                f"{_codes(nameless)} no label",
                place=self._places[nameless[0]],
                hint="give each a label, or take the rows out; is the right column the label?",
            )

    def _parents_of_prefixes(self, *, certain: bool) -> None:
        """0110 is below 011, which is below 01: the longest code that another one begins with."""
        found: dict[str, str] = {}
        for code in self._terms:
            shorter = (code[:size].rstrip(".-/ ") for size in range(len(code) - 1, 0, -1))
            above = next((one for one in shorter if one in self._terms and one != code), "")
            if above:
                found[code] = above
        if certain or (len(found) >= _PREFIXED * len(self._terms) and self._look_made_of_levels()):
            for code, above in found.items():
                self._parents[code][above] = None

    def _look_made_of_levels(self) -> bool:
        """Codes without blanks, of few lengths: not words one of which happens to begin another, nor 1 to 98."""
        codes = list(self._terms)
        lengths = set(map(len, codes))
        is_plain = not any(" " in code for code in codes) and len(lengths) <= _LEVELS and max(lengths) <= _LONGEST
        return is_plain and not _are_counted(codes)

    def _check_parents(self) -> None:
        for code, parents in self._parents.items():
            missing = [one for one in parents if one not in self._terms]
            if missing:
                others = {one for some in self._parents.values() for one in some if one not in self._terms}
                more = f" (and {len(others) - 1:,} more parents)" if len(others) > 1 else ""
                raise DefinitionError(
                    f"{code} is below {missing[0]}, which is no code of this taxonomy{more}",
                    place=self._places[code],
                    hint="load the file that has it too, or say --parent '' to leave parents out",
                )

    def _check_circles(self) -> None:
        done: set[str] = set()
        for start in self._parents:
            way: list[str] = []
            on_way: set[str] = set()
            # Depth first without recursion: a taxonomy may be hostile, too.
            stack = [(start, iter(self._parents[start]))] if start not in done else []
            while stack:
                code, above = stack[-1]
                if code not in on_way:
                    way.append(code)
                    on_way.add(code)
                following = next(above, None)
                if following is None:
                    stack.pop()
                    on_way.discard(way.pop())
                    done.add(code)
                elif following in on_way:
                    circle = [*way[way.index(following) :], following]
                    raise DefinitionError(
                        f"the codes {' → '.join(_few(circle))} are above one another in a circle",
                        place=self._places[code],
                        hint="take one of these parents out",
                    )
                elif following not in done:
                    stack.append((following, iter(self._parents[following])))


def _are_counted(codes: list[str]) -> bool:
    """Numbers most of which are there, from the first to the last: 11 is not below 1."""
    numbers = [int(code) for code in codes if code.isdecimal() and str(int(code)) == code]
    return len(numbers) == len(codes) and len(numbers) * 2 > max(numbers) - min(numbers)


def _with_one_preferred(terms: Iterable[Term]) -> list[Term]:
    """Where no name is said to be the one to show, the first is."""
    made = list(terms)
    if not any(term.preferred for term in made):
        made[0] = Term(made[0].text, made[0].language, True)
    return made


def _few(codes: list[str]) -> list[str]:
    return codes if len(codes) <= _SHOWN else [*codes[:_SHOWN], "…"]


def _codes(codes: list[str]) -> str:
    shown = ", ".join(_few(codes))
    return f"the code {shown} has" if len(codes) == 1 else f"{len(codes):,} codes ({shown}) have"
