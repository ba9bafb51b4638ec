"""The suggester that combines it all: memory first, then what evidence and ranking make of the known labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from jobpipe.taxonomy.suggestions import ranking
from jobpipe.taxonomy.suggestions.default_weights import DEFAULTS
from jobpipe.taxonomy.suggestions.evidence import Candidate, Evidence, EvidenceSource, Known, SpellingEvidence
from jobpipe.taxonomy.suggestions.kept_weights import keep_weights, kept_weights
from jobpipe.taxonomy.suggestions.meaning import Encoder, has_encoder
from jobpipe.taxonomy.suggestions.memory import Memory
from jobpipe.taxonomy.suggestions.suggestion import KnownLabel, Suggestion
from jobpipe.taxonomy.suggestions.wording import Wording, wording_of

# Labels that are left out in turn to learn what confidence means; fewer than the least say too little.
_EXAMPLES = 1_000
_LEAST = 100
_BATCH = 256
# To take so many labels in anew takes less than a second.
_LEARNED_AT_ONCE = 900


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
        self._weights = self._fitted() if self._known.wordings else []

    def _take(self, labels: Sequence[KnownLabel]) -> None:
        self._codes = list(dict.fromkeys((one.code, one.taxonomy) for one in labels))
        self._names: dict[str, KnownLabel] = {}
        for one in sorted(labels, key=lambda one: one.is_decision):
            self._names.setdefault(one.code, one)
        numbers = {code: number for number, code in enumerate(self._codes)}
        wordings: dict[Wording, dict[int, None]] = {}
        self._shown: list[str] = []
        for one in labels:
            wording = wording_of(one.label)
            if not wording.words:
                continue
            if wording not in wordings:
                wordings[wording] = {}
                self._shown.append(one.label)
            wordings[wording][numbers[one.code, one.taxonomy]] = None
        self._known = Known(list(wordings), [tuple(codes) for codes in wordings.values()])
        self._source = self._evidence_source()

    def learn(self, known: KnownLabel) -> None:
        """Decided just now: the same label has it from now on; where not too many are known, like ones too."""
        self._labels.append(known)
        self._memory.add(known)
        self._names.setdefault(known.code, known)
        if len(self._labels) <= _LEARNED_AT_ONCE:
            self._take(self._labels)
            self._weights = self._weights or DEFAULTS[self._kind]

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

    def _evidence_source(self) -> EvidenceSource:
        if not self.means.has_numbers or not self._known.wordings:
            return SpellingEvidence(self._known)
        from jobpipe.taxonomy.suggestions.neighbours import NeighbourEvidence

        return NeighbourEvidence(self._known, self._encoder)

    def _new_encoder(self) -> Encoder | None:
        if not self.means.has_meaning:
            return None
        folder = self.means.folder
        return Encoder(folder / "vectors.sqlite3" if folder is not None else None)

    def _fitted(self) -> list[float]:
        """The default weights where too little is known to learn from."""
        defaults = DEFAULTS[self._kind]
        if not self.means.has_numbers:
            return defaults
        sizes: dict[int, int] = {}
        for codes in self._known.codes:
            for code in codes:
                sizes[code] = sizes.get(code, 0) + 1
        fit_for = [number for number, codes in enumerate(self._known.codes) if any(sizes[code] > 1 for code in codes)]
        if len(fit_for) < _LEAST:
            return defaults
        some = fit_for[:: max(1, -(-len(fit_for) // _EXAMPLES))]
        weights = kept_weights(self.means.folder, self._kind, self._known)
        if not self._recalled_or_learned(some, anew=weights is None) and weights is not None:
            return weights
        weights = ranking.fit(list(self.left_out(some)), defaults)
        keep_weights(self.means.folder, self._kind, self._known, weights)
        return weights

    def _recalled_or_learned(self, left_out: Sequence[int], *, anew: bool) -> bool:
        """Whether the regression over all labels was learned just now."""
        from jobpipe.taxonomy.suggestions.neighbours import NeighbourEvidence

        if not isinstance(self._source, NeighbourEvidence) or not self._source.can_learn:
            return False
        if not anew and self._source.recall(self.means.folder):
            return False
        self._source.learn(self.means.folder, left_out)
        return True

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
