"""What an expression of a definition, an override or a destination is made of: words that are known to be harmless.

MiniJinja's fuel stops loops and texts that grow, but not a list that is multiplied (`[1]*99999999`), an indentation of
a long text, or a method of what is passed (`posting.clear()`).  So there are no calls here, no filter that is not on a
list, and no multiplication of what may be a list; regular expressions stand in the rule and are tried when it is saved.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from jobpipe.taxonomy.patterns import MAX_PATTERN, check_regex
from jobpipe.transform.problems import nearest

_REGEX_FILTERS = frozenset({"regex_search", "regex_match", "regex_replace"})
_LIST_FILTERS = frozenset(
    {"list", "sort", "unique", "reverse", "split", "map", "select", "reject", "selectattr", "rejectattr"}
)
# They apply a filter or a test that is given by its name.
_APPLYING_FILTERS = frozenset({"map", "select", "reject", "selectattr", "rejectattr"})
FILTERS = (
    frozenset({"lower", "upper", "title", "capitalize", "trim", "replace", "length", "count", "default", "d", "first"})
    | frozenset({"last", "join", "round", "int", "float", "string", "bool", "abs", "min", "max", "sum"})
    | _REGEX_FILTERS
    | _LIST_FILTERS
)
TESTS = frozenset(
    "defined undefined none string number integer float boolean sequence mapping iterable true false odd even "  # noqa: SIM905
    "startingwith endingwith containing in eq ne lt le gt ge equalto lower upper divisibleby".split()
)
_APPLIED = (FILTERS - _REGEX_FILTERS - _APPLYING_FILTERS) | TESTS
_WORDS = frozenset(["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"])
_BETWEEN = frozenset(["and", "or", "in", "is", "if", "else"])
ROOTS = frozenset({"posting"})
# A number with more digits is no amount.
_MAX_DIGITS = 12
MAX_DEPTH = 40

_TOKEN = re.compile(
    r"(?P<blank>\s+)|(?P<string>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<number>\d[\d_]*(?:\.\d+)?)|"
    r"(?P<word>[^\W\d]\w*)|(?P<sign>\*\*|//|==|!=|<=|>=|[-+*/%~|.,:()\[\]{}<>=])",
    re.DOTALL,
)


class Token(NamedTuple):
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class WordError(ValueError):
    """What an expression may not hold, with the characters that are meant."""

    def __init__(self, message: str, token: Token, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint
        self.start, self.end = token.start, token.end


def tokens_of(text: str) -> list[Token]:
    """Raises WordError for a character that has no place in an expression."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise WordError(f"{text[at]!r} has no place in an expression", Token("sign", text[at], at))
        at = match.end()
        kind = match.lastgroup or ""
        if kind != "blank":
            found.append(Token(kind, match[0], match.start()))
    return found


def check_words(text: str, roots: frozenset[str] = ROOTS) -> None:
    """Raises WordError for whatever could cost more than it is worth, or reach more than plain values.

    `roots`: the variables.
    """
    tokens = tokens_of(text)
    _check_depth(tokens)
    makes_lists = False
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else None
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        if token.kind == "number" and len(token.text.partition(".")[0].replace("_", "")) > _MAX_DIGITS:
            raise WordError(f"the number {token.text[:20]}… is too large", token)
        if token.kind == "word":
            _check_word(tokens, place, token, roots)
        makes_lists |= token.text == "[" and not _ends_value(before)
        makes_lists |= token.kind == "word" and _is(before, "|") and token.text in _LIST_FILTERS
        if token.text == "(" and _ends_value(before) and not _is_filter_or_test(tokens, place - 1):
            raise WordError("nothing can be called in an expression", token, "filters are written after |: title|lower")
        if token.text == "{" and _is(after, "%"):
            raise WordError("an expression is no template", token)
    if stars := [token for token in tokens if token.text in ("*", "**")]:
        _check_multiplication(tokens, stars[0], makes_lists=makes_lists)


def _check_depth(tokens: list[Token]) -> None:
    depth = 0
    for token in tokens:
        depth += (token.text in "([{") - (token.text in ")]}") if token.kind == "sign" else 0
        if depth > MAX_DEPTH:
            raise WordError(f"brackets more than {MAX_DEPTH} deep", token)


def _check_word(tokens: list[Token], place: int, token: Token, roots: frozenset[str]) -> None:
    before = tokens[place - 1] if place else None
    if _is(before, "|"):
        if token.text not in FILTERS:
            raise WordError(f"there is no filter {token.text!r} here", token, nearest(token.text, FILTERS) or _list())
        if token.text in _REGEX_FILTERS:
            _check_regex(tokens, place, token)
        if token.text in _APPLYING_FILTERS:
            _check_applied(tokens, place)
    elif _is_test(tokens, place):
        if token.text not in TESTS and token.text != "not":
            raise WordError(f"there is no test {token.text!r} here", token, nearest(token.text, TESTS))
    elif _is(before, "."):
        # A record's own names may begin with one: record._id
        if token.text.startswith("__" if "record" in roots else "_"):
            raise WordError(f"no field is called {token.text!r}", token)
    elif token.text in _BETWEEN:
        _check_between(tokens, place, token)
    elif token.text not in _WORDS | roots and not _names_an_argument(tokens, place):
        raise WordError(f"{token.text!r} is not known here", token, _meant(token.text))


def _check_between(tokens: list[Token], place: int, token: Token) -> None:
    """To the parser these words would be names of nothing."""
    before = tokens[place - 1] if place else None
    if not _ends_value(before) and not (token.text == "in" and before is not None and before.text == "not"):
        raise WordError(f"nothing stands before `{token.text}`", token)
    if place + 1 == len(tokens):
        raise WordError(f"nothing comes after `{token.text}`", token)


def _meant(word: str) -> str:
    from jobpipe.posting import FIELD_NAMES

    if word in FIELD_NAMES:
        return f"posting.{word}"
    return f"text stands in quotes: '{word}'; fields are written posting.title"


def _list() -> str:
    return f"filters: {', '.join(sorted(FILTERS))}"


def _check_regex(tokens: list[Token], place: int, token: Token) -> None:
    pattern = tokens[place + 2] if place + 2 < len(tokens) and _is(tokens[place + 1], "(") else None
    ends = tokens[place + 3].text if pattern is not None and place + 3 < len(tokens) else ""
    if pattern is None or pattern.kind != "string" or ends not in (",", ")"):
        raise WordError(f"`{token.text}` needs a pattern in quotes", token, f"posting.title|{token.text}('^Chef')")
    if len(pattern.text) > MAX_PATTERN:
        raise WordError(f"a pattern of {len(pattern.text):,} characters; the limit is {MAX_PATTERN}", pattern)
    text = pattern.text[1:-1]
    # As the parser reads it: \\d in a rule is \d.
    for one in {text, text.replace("\\\\", "\\")}:
        if wrong := check_regex(one):
            raise WordError(f"{pattern.text[:60]}: {wrong}", pattern, "avoid repetitions within repetitions")


def _check_applied(tokens: list[Token], place: int) -> None:
    """Of the texts between its brackets none names what is not on a list."""
    if place + 1 >= len(tokens) or not _is(tokens[place + 1], "("):
        return
    for at, token in enumerate(tokens[place + 2 :], place + 2):
        if token.text == ")":
            return
        is_attribute = _is(tokens[at - 1], "=") or (tokens[place].text.endswith("attr") and at == place + 2)
        if token.kind == "string" and not is_attribute and token.text[1:-1] not in _APPLIED:
            raise WordError(f"{token.text} is no filter or test that is known here", token)
        if token.kind != "string" and token.text not in ("attribute", "default", "=", ",", *_WORDS):
            raise WordError(f"`{tokens[place].text}` takes names in quotes", token, "map(attribute='city')")


def _check_multiplication(tokens: list[Token], star: Token, *, makes_lists: bool) -> None:
    # What a record's names stand for is not known.
    lists = {"record", "skills", "locations", "category", "experience", "education", "industry", "extra"}
    whole = [token for token in tokens if token.kind == "word" and token.text in lists]
    bare = any(token.text == "posting" and not _is(_after(tokens, place), ".") for place, token in enumerate(tokens))
    # A name may be put together: posting['ski' ~ 'lls'].
    computed = any(token.text == "[" and not _is_index(tokens, place) for place, token in enumerate(tokens))
    if makes_lists or whole or bare or computed or star.text == "**":
        hint = "what a record says may be a list" if "record" in {token.text for token in whole} else ""
        raise WordError("only plain numbers can be multiplied, in an expression without lists", star, hint)


def _after(tokens: list[Token], place: int) -> Token | None:
    return tokens[place + 1] if place + 1 < len(tokens) else None


def _is_index(tokens: list[Token], place: int) -> bool:
    """`[0]`"""
    after = _after(tokens, place)
    return after is not None and after.kind == "number" and _is(_after(tokens, place + 1), "]")


def _is(token: Token | None, sign: str) -> bool:
    return token is not None and token.kind == "sign" and token.text == sign


def _ends_value(token: Token | None) -> bool:
    if token is None:
        return False
    if token.kind in ("string", "number"):
        return True
    if token.kind == "word":
        return token.text not in ("and", "or", "not", "in", "is", "if", "else")
    return token.text in (")", "]", "}")


def _is_filter_or_test(tokens: list[Token], place: int) -> bool:
    token = tokens[place]
    return token.kind == "word" and (_is(tokens[place - 1] if place else None, "|") or _is_test(tokens, place))


def _is_test(tokens: list[Token], place: int) -> bool:
    """`is NAME`, `is not NAME`"""
    if place and tokens[place - 1].text == "is" and tokens[place - 1].kind == "word":
        return True
    return place > 1 and (tokens[place - 2].text, tokens[place - 1].text) == ("is", "not")


def _names_an_argument(tokens: list[Token], place: int) -> bool:
    """`map(attribute='city')`"""
    after = tokens[place + 1] if place + 1 < len(tokens) else None
    before = tokens[place - 1] if place else None
    return _is(after, "=") and (_is(before, "(") or _is(before, ","))
