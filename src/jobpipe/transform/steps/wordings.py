"""What the steps that read wordings share: a house's table above the words that a step knows by itself, and a list of
the wordings that neither knows.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from jobpipe.errors import DefinitionError, RecordError
from jobpipe.taxonomy.labels import normalise_label
from jobpipe.taxonomy.tables import MAX_REMEMBERED, Decide, Decided, decider, file_table, use_of
from jobpipe.transform.steps.step import Meanings
from jobpipe.transform.workbench import Workbench

# What becomes of a wording that is not known.
Unmapped = Literal["none", "reject"]
# A longer text is prose and no wording: it is read, and neither looked up in the table nor listed.
MAX_WORDING = 150


# What sources write where they say nothing: it stays empty, and nobody needs to map it.
_NOTHING_SAID = frozenset(
    {
        *("not specified", "unspecified", "not applicable", "n a", "na", "unknown", "undefined", "null", "tbd", "tba"),
        *("non precise", "non specifie", "non renseigne", "non communique", "inconnu", "a definir", "a preciser"),
        *("keine angabe", "keine angaben", "k a", "nicht angegeben", "unbekannt", "onbekend", "niet opgegeven", "nvt"),
        *("no especificado", "sin especificar", "desconocido", "non specificato", "non indicato", "sconosciuto"),
        *("nao especificado", "nao informado", "nie podano", "nie dotyczy", "brak danych", "ej angivet", "ikke angitt"),
    }
)


def table_of(step: str) -> str:
    """The name of a step's table."""
    return f"step:{step}"


def file_of(step: str) -> str:
    """The name of its file in `mappings/`, without `.csv`: a colon is no part of a file's name everywhere."""
    return f"step-{step}"


class Wordings(NamedTuple):
    """How a step reads wordings."""

    step: str
    # The value of a wording; None = not known.
    read: Callable[[str], Any]
    meanings: Meanings
    # The message and the hint with which a wording is rejected.
    refusal: Callable[[str], tuple[str, str]]
    # The value of a text that is longer than a wording; None = as a wording.
    read_prose: Callable[[str], Any] | None = None


def wording_reader(wordings: Wordings, unmapped: Unmapped, bench: Workbench) -> Callable[[str], Any]:
    """The function of a step. Each record remembers which wordings it was made with.

    Raises DefinitionError where the file of the step's table says what the step cannot make.
    """
    find = _finder(wordings, bench)
    read_prose = wordings.read_prose or wordings.read

    def run(text: str) -> Any:
        wording = text.strip()
        if not wording:
            return None
        if len(wording) > MAX_WORDING and unmapped == "none":
            return read_prose(wording)
        value, use, is_known = find(wording)
        bench.labels.append(use)
        if not is_known:
            bench.unmapped.append((table_of(wordings.step), wording))
            if unmapped == "reject":
                message, hint = wordings.refusal(wording)
                raise RecordError(message, reason="unmapped", hint=hint)
        return value

    return run


def house_table(step: str, meanings: Meanings, bench: Workbench) -> Decide | None:
    """What the house says that a wording means to this step; None = it says nothing.

    Raises DefinitionError where the file of its table says what the step cannot make.
    """
    name = table_of(step)
    table = bench.tables.get(name, bench.tables.get(file_of(step)))
    if not table:
        return None
    if isinstance(table, Mapping):
        _check_file(step, table, meanings)
        return decider(file_table(name, table))
    return decider(table) if any(layer.labels or layer.patterns for layer in table.layers) else None


def meaning(decided: Decided, meanings: Meanings) -> Any:
    """Raises RecordError where the step cannot make the value, which was allowed when it was decided."""
    try:
        return meanings.read(plain_meaning(decided.value))
    except ValueError as error:
        raise RecordError(
            f"{decided.by} says {plain_meaning(decided.value)!r}", reason="invalid", hint=f"allowed: {meanings.allowed}"
        ) from error


def plain_meaning(value: Any) -> Any:
    """Further columns of a table are notes."""
    return value["code"] if isinstance(value, Mapping) and "code" in value else value


def hint_for(value: Any, meanings: Meanings) -> str:
    near = difflib.get_close_matches(str(value), meanings.choices, n=1)
    allowed = f"it is one of {meanings.allowed}" if meanings.choices else f"allowed: {meanings.allowed}"
    return (f"did you mean {near[0]}? " if near else "") + allowed


def _finder(wordings: Wordings, bench: Workbench) -> Callable[[str], tuple[Any, str, bool]]:
    """What a wording means, its use (`jobpipe.taxonomy.tables.Use.text`), and whether it is known; found out once, and
    remembered.
    """
    decide = house_table(wordings.step, wordings.meanings, bench)
    name = table_of(wordings.step)
    remembered: dict[str, tuple[Any, str, bool]] = {}

    def find(wording: str) -> tuple[Any, str, bool]:
        known = remembered.get(wording)
        if known is None:
            decided = decide(wording) if decide is not None else None
            value = meaning(decided, wordings.meanings) if decided is not None else wordings.read(wording)
            is_known = value is not None or normalise_label(wording) in _NOTHING_SAID
            known = value, use_of(name, wording, decided, known_to_step=is_known).text, is_known
            if len(remembered) < MAX_REMEMBERED:
                remembered[wording] = known
        return known

    return find


def _check_file(step: str, table: Mapping[str, Any], meanings: Meanings) -> None:
    for label, value in table.items():
        said = plain_meaning(value)
        try:
            meanings.read(said)
        except ValueError as error:
            wrong = DefinitionError(
                f"mappings/{file_of(step)}.csv: the step `{step}` cannot make {said!r} of {label!r}",
                hint=hint_for(said, meanings),
            )
            wrong.path = ()  # type: ignore[attr-defined]
            raise wrong from error
