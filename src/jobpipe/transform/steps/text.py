"""Steps on one text: its characters, its white space, its case, its ends."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Annotated, Literal

from jobpipe.errors import DefinitionError, RecordError
from jobpipe.transform.mojibake import repair_text
from jobpipe.transform.steps.step import Example, Run, step

# Soft hyphens, zero-width spaces, marks of direction, the byte order mark, control characters; joiners only
# beside Latin letters, since other scripts and emoji are written with them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
    "|(?<![^\x00-\u024f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\u024f])"
)
_BLANK_LINES = re.compile(r"\n{3,}")


@step(
    "clean",
    summary="Repairs wrongly decoded text, removes what is invisible, makes one blank of any white space.",
    examples=[
        Example("clean", "  DÃ©veloppeur\u00a0 web\n", "Développeur web"),
        Example("clean", "Ingé\u00adnieur\u200b logiciel", "Ingénieur logiciel"),
        Example("{clean: {lines: true}}", "un  deux \n\n\n\n trois", "un deux\n\ntrois"),
    ],
)
def clean(lines: Annotated[bool, "Line breaks stay; at most one empty line between two others."] = False) -> Run:
    """The text comes out in Unicode's form NFC; one that holds nothing else becomes nothing."""
    return _clean_lines if lines else clean_text


def clean_text(text: str) -> str | None:
    if not text.isascii():
        text = repair_text(text)
    text = " ".join(text.split())
    if not text.isprintable():
        text = " ".join(unicodedata.normalize("NFC", _INVISIBLE.sub("", text)).split())
    return text or None


def _clean_lines(text: str) -> str | None:
    lines = "\n".join(clean_text(line) or "" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip() or None


@step(
    "trim",
    summary="Removes white space, or the given characters, at both ends.",
    examples=[Example("trim", "  Lyon ", "Lyon"), Example('{trim: "-* "}', "* Lyon -", "Lyon")],
)
def trim(characters: Annotated[str | None, "The characters to remove instead of white space."] = None) -> Run:
    return lambda text: text.strip(characters) or None


@step(
    "lower", summary="Makes all letters small.", examples=[Example("lower", "Ingénieur SÉCURITÉ", "ingénieur sécurité")]
)
def lower() -> Run:
    return str.lower


@step("upper", summary="Makes all letters capital.", examples=[Example("upper", "cdi", "CDI")])
def upper() -> Run:
    return str.upper


@step(
    "capitalize",
    summary="Makes the first letter capital and leaves the others.",
    examples=[Example("capitalize", "développeur iOS", "Développeur iOS")],
)
def capitalize() -> Run:
    return lambda text: text[:1].upper() + text[1:]


@step(
    "sentence_case",
    summary="Brings a text in capitals to small letters with a capital at the start; leaves other texts alone.",
    examples=[
        Example("sentence_case", "AGENT D’ENTRETIEN", "Agent d’entretien"),
        Example("sentence_case", "Développeur iOS", "Développeur iOS"),
    ],
)
def sentence_case() -> Run:
    """A text counts as being in capitals where it has no small letter. Abbreviations in it become small too."""

    def run(text: str) -> str:
        return text[:1].upper() + text[1:].lower() if text.isupper() else text

    return run


@step(
    "unescape",
    summary="Resolves HTML references: &eacute; becomes é, &lt; becomes <.",
    examples=[
        Example("unescape", "Caf&eacute; &amp; bar", "Café & bar"),
        Example("unescape", "&lt;p&gt;Texte&lt;/p&gt;", "<p>Texte</p>"),
        Example("{unescape: 2}", "&amp;eacute;", "é"),
    ],
)
def unescape(times: Annotated[int, "How often, for text that was escaped several times (1 to 5)."] = 1) -> Run:
    if not 1 <= times <= 5:
        raise DefinitionError(f"`times` is between 1 and 5, not {times}")

    def run(text: str) -> str:
        for _ in range(times):
            if "&" not in text:
                break
            text = html.unescape(text)
        return text

    return run


@step(
    "normalize",
    summary="Brings characters to one form: full-width letters, ligatures and the like become plain ones.",
    examples=[Example("normalize", "ﬁnance Ｎ１", "finance N1"), Example("{normalize: NFC}", "e\u0301te\u0301", "été")],
)
def normalize(form: Annotated[Literal["NFC", "NFKC"], "NFC only composes accents with their letters."] = "NFKC") -> Run:
    return lambda text: unicodedata.normalize(form, text)


@step(
    "truncate",
    summary="Cuts a text that is too long, between words where there are any.",
    examples=[
        Example("{truncate: 12}", "Ingénieur logiciel", "Ingénieur…"),
        Example("{truncate: 40}", "Ingénieur logiciel", "Ingénieur logiciel"),
    ],
)
def truncate(
    length: Annotated[int, "The most characters that the result has."],
    ending: Annotated[str, "What stands for the rest, counted in the length."] = "…",
) -> Run:
    if length <= len(ending):
        raise DefinitionError(f"`length` is more than the ending has ({len(ending)}), not {length}")

    def run(text: str) -> str:
        if len(text) <= length:
            return text
        cut = text[: length - len(ending) + 1]
        words = cut[:-1] if cut[-1].isspace() else cut.rpartition(" ")[0]
        return (words.rstrip(" ,;:-–") or cut[:-1]) + ending

    return run


@step(
    "strip_prefix",
    summary="Removes a text from the start.",
    examples=[
        Example('{strip_prefix: "REF-"}', "REF-123", "123"),
        Example('{strip_prefix: ["ref ", "no "]}', "No 12", "12"),
    ],
)
def strip_prefix(
    prefix: Annotated[str | list[str], "The text; of several the first that fits."],
    ignore_case: Annotated[bool, "Whether small and capital letters are the same."] = True,
) -> Run:
    wanted = [prefix] if isinstance(prefix, str) else prefix

    def run(text: str) -> str | None:
        for one in wanted:
            if one and _same(text[: len(one)], one, ignore_case):
                return text[len(one) :].lstrip() or None
        return text

    return run


@step(
    "strip_suffix",
    summary="Removes a text from the end.",
    examples=[Example('{strip_suffix: " - Lyon"}', "Comptable - Lyon", "Comptable")],
)
def strip_suffix(
    suffix: Annotated[str | list[str], "The text; of several the first that fits."],
    ignore_case: Annotated[bool, "Whether small and capital letters are the same."] = True,
) -> Run:
    wanted = [suffix] if isinstance(suffix, str) else suffix

    def run(text: str) -> str | None:
        for one in wanted:
            if one and _same(text[-len(one) :], one, ignore_case):
                return text[: -len(one)].rstrip() or None
        return text

    return run


def _same(left: str, right: str, ignore_case: bool) -> bool:
    return left == right or (ignore_case and left.casefold() == right.casefold())


@step(
    "remove",
    summary="Removes every occurrence of a text.",
    examples=[
        Example('{remove: "(urgent)"}', "Comptable (urgent)", "Comptable"),
        Example('{remove: ["*", "!"]}', "**Comptable!", "Comptable"),
    ],
)
def remove(what: Annotated[str | list[str], "The text, or several."]) -> Run:
    """White space that is left at the ends goes too."""
    wanted = [what] if isinstance(what, str) else what

    def run(text: str) -> str | None:
        for one in wanted:
            text = text.replace(one, "")
        return text.strip() or None

    return run


@step(
    "replace",
    summary="Replaces every occurrence of a text by another.",
    examples=[
        Example("{replace: {find: ',', with: '.'}}", "12,5", "12.5"),
        Example("{replace: {Dev: Développeur, Ing: Ingénieur}}", "Dev web", "Développeur web"),
    ],
)
def replace(
    find: Annotated[str | dict[str, str], "The text, or a mapping of texts to what replaces them."],
    with_: Annotated[str, "What replaces it."] = "",
) -> Run:
    """The pairs of a mapping are applied one after the other, in their order."""
    pairs = [(find, with_)] if isinstance(find, str) else list(find.items())
    if not all(old for old, _ in pairs):
        raise DefinitionError("cannot replace an empty text")

    def run(text: str) -> str | None:
        for old, new in pairs:
            text = text.replace(old, new)
        if len(text) > 10_000_000:
            raise RecordError("`replace` makes a text of more than 10,000,000 characters", reason="step")
        return text or None

    return run
