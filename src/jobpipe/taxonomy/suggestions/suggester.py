"""The suggester that combines it all: memory first, then what evidence and ranking make of the known labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from jobpipe.taxonomy.suggestions import ranking
from jobpipe.taxonomy.suggestions.default_weights import DEFAULTS
from jobpipe.taxonomy.suggestions.evidence import Candidate, Evidence, EvidenceSource, Known, SpellingEvidence
from jobpipe.taxonomy.suggestions.families import families_of
from jobpipe.taxonomy.suggestions.kept_weights import (
    Code,
    KeptModel,
    keep_model,
    kept_coefficients,
    nearest_model,
)
from jobpipe.taxonomy.suggestions.meaning import Encoder, has_encoder
from jobpipe.taxonomy.suggestions.memory import Memory
from jobpipe.taxonomy.suggestions.suggestion import KnownLabel, Suggestion
from jobpipe.taxonomy.suggestions.wording import Wording, wording_of

if TYPE_CHECKING:
    from jobpipe.taxonomy.suggestions.products import Floats

# Labels that are left out in turn to learn what confidence means; fewer than the least say too little.
_EXAMPLES = 1_000
_LEAST = 100
_BATCH = 256
# To take so many labels in anew takes less than a second.
_TAKEN_ANEW = 900


@dataclass(frozen=True, slots=True)
class Means:
    """What suggestions are made with; the default is all that is installed."""

    # Where vectors and weights are kept; None = nowhere.
    folder: Path | None = None
    meaning: bool = True
    numbers: bool = True

    @property
    def has_numbers(self) -> bool:
        return self.numbers and find_spec("numpy") is not None

    @property
    def has_meaning(self) -> bool:
        return self.meaning and self.has_numbers and has_encoder()

    @property
    def described(self) -> str:
        """What a person is told."""
        if self.has_meaning:
            return "decisions, spelling and meaning"
        return "decisions and spelling (with meaning, and across languages: pip install 'job-pipe[suggest]')"


class CombinedSuggester:
    """For the codes of one taxonomy; `client` is whose label it is."""

    def __init__(self, known: Iterable[KnownLabel], *, client: str = "", means: Means | None = None) -> None:
        self.means = means or Means()
        self._labels = list(dict.fromkeys(known))
        self._memory = Memory(self._labels, client)
        # One for all that is learned later: its model takes a second to load.
        self._encoder = self._new_encoder()
        self._take(self._labels)
        self._weights = DEFAULTS[self._kind]
        if self.means.has_numbers and self._known.wordings and not self._is_recalled():
            self._fit()

    def _take(self, labels: Sequence[KnownLabel]) -> None:
        self._codes: list[Code] = list(dict.fromkeys((one.code, one.taxonomy) for one in labels))
        self._numbers = {code: number for number, code in enumerate(self._codes)}
        self._names: dict[str, KnownLabel] = {}
        for one in sorted(labels, key=lambda one: one.is_decision):
            self._names.setdefault(one.code, one)
        wordings: dict[Wording, dict[int, None]] = {}
        self._shown: list[str] = []
        for one in labels:
            wording = wording_of(one.label)
            if not wording.words:
                continue
            if wording not in wordings:
                wordings[wording] = {}
                self._shown.append(one.label)
            wordings[wording][self._numbers[one.code, one.taxonomy]] = None
        self._know(list(wordings), [tuple(codes) for codes in wordings.values()])

    def _know(self, wordings: list[Wording], codes: list[tuple[int, ...]], *, learned_from: int | None = None) -> None:
        self._known = Known(wordings, codes, families_of([code for code, _ in self._codes]))
        self._places = {wording: place for place, wording in enumerate(wordings)}
        self._source = self._evidence_source(learned_from)

    def learn(self, known: KnownLabel) -> None:
        """Decided just now: the same label has it from now on, and like ones are more likely to."""
        self._labels.append(known)
        self._memory.add(known)
        if len(self._labels) <= _TAKEN_ANEW:
            self._take(self._labels)
            return
        self._names.setdefault(known.code, known)
        wording = wording_of(known.label)
        if not wording.words:
            return
        code = known.code, known.taxonomy
        if code not in self._numbers:
            self._numbers[code] = len(self._codes)
            self._codes.append(code)
            self._known.families.update(families_of([code for code, _ in self._codes]))
        place = self._places.setdefault(wording, len(self._known.wordings))
        if place == len(self._known.wordings):
            self._known.wordings.append(wording)
            self._known.codes.append(())
            self._shown.append(known.label)
        number = self._numbers[code]
        if number not in self._known.codes[place]:
            self._known.codes[place] += (number,)
            self._source.notice([place])

    def suggest(self, label: str, *, limit: int) -> list[Suggestion]:
        return self.suggest_all([label], limit=limit)[0]

    def suggest_all(self, labels: Sequence[str], *, limit: int) -> list[list[Suggestion]]:
        found: list[list[Suggestion]] = []
        for start in range(0, len(labels), _BATCH):
            some = labels[start : start + _BATCH]
            wordings = [wording_of(label) for label in some]
            evidence = iter(self._source.of(wordings)) if self._known.wordings else iter(())
            for label, wording in zip(some, wordings, strict=True):
                one = next(evidence, Evidence([], 0.0))
                found.append(self._combined(label, wording, one if wording.words else Evidence([], 0.0), limit))
        return found

    # What it is made of ---------------------------------------------------------------------------

    def _evidence_source(self, learned_from: int | None) -> EvidenceSource:
        if not self.means.has_numbers or not self._known.wordings:
            return SpellingEvidence(self._known)
        from jobpipe.taxonomy.suggestions.neighbours import NeighbourEvidence

        return NeighbourEvidence(self._known, self._encoder, learned_from=learned_from)

    def _new_encoder(self) -> Encoder | None:
        if not self.means.has_meaning:
            return None
        folder = self.means.folder
        return Encoder(folder / "vectors.sqlite3" if folder is not None else None)

    def _is_recalled(self) -> bool:
        """Whether a model of the same labels, or of nearly the same, was kept."""
        from jobpipe.taxonomy.suggestions.neighbours import NeighbourEvidence

        assert isinstance(self._source, NeighbourEvidence)
        folder = self.means.folder
        mine = {
            wording: tuple(self._codes[number] for number in codes)
            for wording, codes in zip(self._known.wordings, self._known.codes, strict=True)
        }
        model = nearest_model(folder, self._kind, mine)
        if model is None or model.has_coefficients != self._source.can_learn:
            return False
        if model.has_coefficients:
            coefficients = kept_coefficients(folder, model)
            if coefficients is None:
                return False
            self._recall(model, coefficients, model.changes(mine))
        self._weights = model.weights
        return True

    def _recall(self, model: KeptModel, coefficients: Floats, changes: Sequence[Wording]) -> None:
        """The labels in the model's order, those that it does not know last; what has changed corrects it."""
        import numpy as np

        from jobpipe.taxonomy.suggestions.neighbours import NeighbourEvidence

        for code in model.columns:
            if code not in self._numbers:
                self._numbers[code] = len(self._codes)
                self._codes.append(code)
        codes = dict(zip(self._known.wordings, self._known.codes, strict=True))
        shown = dict(zip(self._known.wordings, self._shown, strict=True))
        kept = set(model.wordings)
        order = [*model.wordings, *(wording for wording in codes if wording not in kept)]
        self._shown = [shown.get(wording, wording.text) for wording in order]
        self._know(order, [codes.get(wording, ()) for wording in order], learned_from=model.learned_from)
        assert isinstance(self._source, NeighbourEvidence)
        mine = np.zeros((len(order), len(self._codes)), np.float32)
        mine[: len(model.wordings), [self._numbers[code] for code in model.columns]] = coefficients
        self._source.recall(mine, [self._places[wording] for wording in changes])
        if changes:
            self._keep(model.weights, changed=model.changed + len(changes))

    def _fit(self) -> None:
        """Weights, and where there are enough labels the regression; too few leave the defaults."""
        from jobpipe.taxonomy.suggestions.neighbours import NeighbourEvidence

        assert isinstance(self._source, NeighbourEvidence)
        sizes: dict[int, int] = {}
        for codes in self._known.codes:
            for code in codes:
                sizes[code] = sizes.get(code, 0) + 1
        fit_for = [number for number, codes in enumerate(self._known.codes) if any(sizes[code] > 1 for code in codes)]
        if len(fit_for) < _LEAST:
            return
        some = fit_for[:: max(1, -(-len(fit_for) // _EXAMPLES))]
        if self._source.can_learn:
            self._source.learn(some)
        self._weights = ranking.fit(list(self.left_out(some)), self._weights)
        self._keep(self._weights, changed=0)

    def _keep(self, weights: list[float], *, changed: int) -> None:
        from jobpipe.taxonomy.suggestions.neighbours import NeighbourEvidence

        assert isinstance(self._source, NeighbourEvidence)
        coefficients = self._source.coefficients
        # Of a code that no label leads to there is no column.
        columns = self._codes if coefficients is None else self._codes[: coefficients.shape[1]]
        model = KeptModel(
            kind=self._kind,
            wordings=self._known.wordings,
            codes=[tuple(self._codes[number] for number in codes) for codes in self._known.codes],
            columns=columns,
            learned_from=self._source.learned_from,
            changed=changed,
            weights=weights,
            has_coefficients=coefficients is not None,
        )
        keep_model(self.means.folder, model, coefficients)

    def left_out(self, labels: Sequence[int]) -> Iterator[ranking.Example]:
        """What each of these known labels would be suggested if it were not known."""
        from jobpipe.taxonomy.suggestions.neighbours import NeighbourEvidence

        assert isinstance(self._source, NeighbourEvidence)
        for number, evidence in zip(labels, self._source.left_out(labels), strict=True):
            yield ranking.Example(
                evidence, self._known.codes[number], self._letters(self._known.wordings[number], evidence)
            )

    def examples_of(self, asked: Sequence[tuple[str, frozenset[str]]]) -> Iterator[ranking.Example]:
        """Labels with the codes that are right: what default weights are found from."""
        numbers = {code: number for number, (code, _) in enumerate(self._codes)}
        wordings = [wording_of(label) for label, _ in asked]
        for wording, (_, right), evidence in zip(wordings, asked, self._source.of(wordings), strict=True):
            codes = tuple(numbers[code] for code in right if code in numbers)
            yield ranking.Example(evidence, codes, self._letters(wording, evidence))

    @property
    def _kind(self) -> str:
        if self.means.has_meaning:
            return "meaning"
        return "spelling" if self.means.has_numbers else "without numpy"

    def _letters(self, wording: Wording, evidence: Evidence) -> list[float]:
        from rapidfuzz import fuzz

        text = " ".join(wording.words)
        return [
            fuzz.token_sort_ratio(text, " ".join(self._known.wordings[one.label].words)) / 100
            for one in evidence.candidates[: ranking.CONSIDERED]
        ]

    # What it says ---------------------------------------------------------------------------------

    def _combined(self, label: str, wording: Wording, evidence: Evidence, limit: int) -> list[Suggestion]:
        remembered = self._memory.of(label)
        rest = 1 - sum(one.confidence for one in remembered)
        chances = (
            ranking.confidences(evidence, self._letters(wording, evidence), self._weights)
            if evidence.candidates
            else []
        )
        least = min(chances, default=0.0)
        found: dict[tuple[str, str], Suggestion] = {}
        for place, one in enumerate(evidence.candidates):
            code, taxonomy = self._codes[one.code]
            chance = chances[place] if place < len(chances) else least / (place + 1)
            found[code, taxonomy] = Suggestion(code, self._name(code), rest * chance, self._reason(one), taxonomy)
        for past in remembered:
            key = next((key for key in found if key[0] == past.code), None) or self._key_of(past.code)
            found[key] = Suggestion(past.code, self._name(past.code), past.confidence, past.reason, key[1])
        ranked = sorted(found.values(), key=lambda one: (-one.confidence, one.code))
        return [one._replace(confidence=round(min(one.confidence, 0.9999), 4)) for one in ranked[:limit]]

    def _key_of(self, code: str) -> tuple[str, str]:
        return code, self._names[code].taxonomy

    def _name(self, code: str) -> str:
        return self._names[code].label

    def _reason(self, one: Candidate) -> str:
        shown = self._shown[one.label]
        says = f"means the same as {shown!r}" if one.meaning > one.spelling + 0.2 else f"like {shown!r}"
        more = one.labels - 1
        return f"{says} and {more} more of its labels" if more else says
