"""The answers to a draft as a form: a row for each field, with what it could be made of, and what that looks like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobpipe.definition.field_descriptions import FIELDS
from jobpipe.drafting.answering import ANSWERED, COMPANY, answered, columns_of, left_out, rule_said
from jobpipe.drafting.draft import CERTAIN, Choice, Draft, Question
from jobpipe.drafting.fields import ORDER

# Of the parts of a record, in a row that nobody opened.
_MOST_SHOWN = 40
_MOST_SAMPLE = 60
_MOST_WORDS = 300
# Before the name of what is answered: by choosing, or in words.
_CHOSEN, _WORDS = "answer-", "words-"
_LATER, _NONE, _OPTION, _PART, _OWN = "", "none", "option-", "part-", "option-own"
_SOURCE = "source."
_IN_WORDS = {
    COMPANY: "or its name, the same for all",
    "url": "or the address, with the name of a part in braces: https://example.org/jobs/{id}",
}

Samples = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Offer:
    """One answer that is offered."""

    value: str
    words: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    # A field of the posting, or a word of the source.
    about: str
    # What is asked, or what it is.
    words: str
    # What is made of it as things stand; None = nothing.
    choice: Choice | None
    # Only a person can say.
    is_asked: bool = False
    # What it could be, and other parts of a record; () = it is certain, and nobody wants to change it.
    offers: tuple[Offer, ...] = ()
    parts: tuple[Offer, ...] = ()
    # What was said in words; None = nothing can be.
    written: str | None = None
    # It was asked, and nobody has said.
    is_open: bool = False

    @property
    def id(self) -> str:
        return f"{_CHOSEN}{self.about.replace('.', '-')}"

    @property
    def label(self) -> str:
        return self.about.removeprefix(_SOURCE).replace("_", " ")

    @property
    def may_lack(self) -> bool:
        """A posting can be without it."""
        return self.about != "title" and not self.about.startswith(_SOURCE)

    @property
    def is_left_out(self) -> bool:
        return any(one.value == _NONE and one.is_chosen for one in self.offers)

    @property
    def sure(self) -> int:
        return round(100 * self.choice.confidence) if self.choice is not None else 0

    @property
    def why(self) -> str:
        """Why it is made so; "" = nothing is, or somebody said so, and it works."""
        return self.choice.reason if self.choice is not None and self.choice.reason != ANSWERED else ""

    @property
    def in_words(self) -> str:
        """What may be written instead of choosing; "" = nothing."""
        return _IN_WORDS.get(self.about, "")

    @property
    def read(self) -> str:
        """What it is made of, for a person."""
        if self.choice is None:
            return ""
        rule = self.choice.rule
        if isinstance(rule, dict) and "value" in rule:
            return f"always {rule['value']}"
        return ", ".join(self.choice.paths)


@dataclass(frozen=True, slots=True)
class AnswerForm:
    # What only a person can say, then what the draft has.
    asked: list[Row]
    found: list[Row]
    # Fields that it has not.
    missing: list[str]

    @property
    def left(self) -> int:
        """Questions that nobody has answered."""
        return sum(row.is_open for row in self.asked)


def form_of(draft: Draft, said: Mapping[str, str], now: Draft, opened: str = "") -> AnswerForm:
    """`draft`: as it was drafted; `now`: with what was said. `opened`: a field that somebody wants to change."""
    samples = {column.path: column.samples(1) for column in columns_of(draft)}
    samples |= {path: () for path in draft.paths if path not in samples}
    rows = [*_of_source(draft, said), *_of_fields(draft, said, now, samples, opened)]
    known = {row.about for row in rows}
    return AnswerForm(
        asked=[row for row in rows if row.is_asked],
        found=[row for row in rows if not row.is_asked],
        missing=[name for name in ORDER if name not in known],
    )


def _of_source(draft: Draft, said: Mapping[str, str]) -> Iterator[Row]:
    for question in draft.questions:
        if question.about.startswith(_SOURCE):
            chosen = said.get(f"{_CHOSEN}{question.about}", _LATER)
            offers = _chosen([Offer(_LATER, "later: it stays as it is"), *_options(question)], chosen)
            is_open = chosen == _LATER
            yield Row(
                about=question.about, words=question.text, choice=None, is_asked=True, offers=offers, is_open=is_open
            )


def _of_fields(draft: Draft, said: Mapping[str, str], now: Draft, samples: Samples, opened: str) -> Iterator[Row]:
    questions = {one.about: one for one in draft.questions}
    drafted = {one.field: one for one in draft.choices}
    made = {one.field: one for one in now.taken}
    for name in ORDER:
        question, before = questions.get(name), drafted.get(name)
        chosen, written = said.get(f"{_CHOSEN}{name}", _LATER), said.get(f"{_WORDS}{name}", "")
        is_said = bool(chosen or written)
        if question is None and before is None and not is_said and name != opened:
            continue
        is_asked = question is not None or before is None or not before.is_enough
        has_control = is_asked or is_said or name == opened or (before is not None and before.confidence < CERTAIN)
        yield Row(
            about=name,
            words=question.text if question is not None else FIELDS[name],
            choice=made.get(name) or (before if not is_said else None),
            is_asked=is_asked,
            offers=_offers(name, question, before, chosen) if has_control else (),
            parts=_parts(before, samples, chosen, has_all=name == opened) if has_control else (),
            written=written if name in _IN_WORDS else None,
            is_open=is_asked and not is_said,
        )


def _offers(name: str, question: Question | None, before: Choice | None, chosen: str) -> tuple[Offer, ...]:
    is_taken = before is not None and before.is_enough
    offers = [Offer(_LATER, f"as drafted: {_paths(before)}" if is_taken else "later: it is left out till then")]
    if question is not None and question.options:
        offers += _options(question)
    elif before is not None and not is_taken:
        offers.append(Offer(_OWN, f"yes: {_paths(before)}"))
    if name != "title":
        offers.append(Offer(_NONE, "it is not in this source"))
    return _chosen(offers, chosen)


def _paths(choice: Choice | None) -> str:
    return (", ".join(choice.paths) or "the same for all") if choice is not None else ""


def _options(question: Question) -> list[Offer]:
    return [Offer(f"{_OPTION}{number}", label) for number, (label, _) in enumerate(question.options)]


def _parts(before: Choice | None, samples: Samples, chosen: str, *, has_all: bool) -> tuple[Offer, ...]:
    """The likeliest first."""
    likely = [one.path for one in before.runners_up] if before is not None else []
    paths = [*likely, *(path for path in samples if path not in likely)]
    shown = paths if has_all else paths[:_MOST_SHOWN]
    if (own := chosen.removeprefix(_PART)) in paths and own not in shown:
        shown.append(own)
    return _chosen([Offer(f"{_PART}{path}", _with_sample(path, samples.get(path, ()))) for path in shown], chosen)


def _chosen(offers: list[Offer], value: str) -> tuple[Offer, ...]:
    return tuple(Offer(one.value, one.words, one.value == value) for one in offers)


def _with_sample(path: str, samples: tuple[str, ...]) -> str:
    if not samples:
        return path
    text = samples[0]
    return f"{path}: {text if len(text) <= _MOST_SAMPLE else text[: _MOST_SAMPLE - 1] + '…'}"


# What was said ---------------------------------------------------------------------------------------


def is_of_answers(name: str) -> bool:
    """Whether a field of the form answers something that can be asked."""
    about = name.removeprefix(_CHOSEN) if name.startswith(_CHOSEN) else name.removeprefix(_WORDS)
    return about != name and (about in ORDER or about in ("source.holds", "source.api", "source.feed"))


def with_answers(draft: Draft, said: Mapping[str, str]) -> Draft:
    """`draft` as it was drafted. What is left for later, or was never offered, stays as it is.

    Raises UsageError for words that mean nothing.
    """
    made = draft
    for about in [*ORDER, *(one.about for one in draft.questions if one.about.startswith(_SOURCE))]:
        words, value = said.get(f"{_WORDS}{about}", "").strip(), said.get(f"{_CHOSEN}{about}", _LATER)
        if words and about in _IN_WORDS:
            made = answered(made, about, rule_said(draft, about, words[:_MOST_WORDS]))
        elif value == _NONE and about != "title":
            made = left_out(made, about)
        elif (rule := _rule_of(draft, about, value)) is not None:
            made = answered(made, about, rule)
    return made


def _rule_of(draft: Draft, about: str, value: str) -> Any:
    """None = nothing of that was offered."""
    if value.startswith(_PART):
        path = value.removeprefix(_PART)
        return path if path in draft.paths or any(one.path == path for one in columns_of(draft)) else None
    if value == _OWN:
        return next((one.rule for one in draft.choices if one.field == about), None)
    number = value.removeprefix(_OPTION)
    question = next((one for one in draft.questions if one.about == about), None)
    if question is None or not number.isdecimal() or int(number) >= len(question.options):
        return None
    return question.options[int(number)][1]
