"""Steps that read the words for contracts, working times, remote work and the periods of salaries."""

from __future__ import annotations

from functools import partial
from typing import Annotated, get_args

from jobpipe.posting import Contract, Period, Remote, WorkingTime
from jobpipe.transform.steps.prose_words import CONTRACT_IN_PROSE, REMOTE_IN_PROSE, WORKING_TIME_IN_PROSE
from jobpipe.transform.steps.step import Example, Meanings, Run, one_of, step
from jobpipe.transform.steps.vocabulary import Vocabulary, read_words
from jobpipe.transform.steps.vocabulary_words import CONTRACT, PERIOD, REMOTE, WORKING_TIME
from jobpipe.transform.steps.wordings import Unmapped, Wordings, wording_reader
from jobpipe.transform.workbench import Workbench

_Unmapped = Annotated[
    Unmapped,
    "What becomes of other words: the field stays empty and the word is listed (`jobpipe unmapped`), or the record is "
    "rejected.",
]
_CONTRACTS = one_of(get_args(Contract))
_WORKING_TIMES = one_of(get_args(WorkingTime))
_REMOTE = one_of(get_args(Remote))
_PERIODS = one_of(get_args(Period))


@step(
    "contract",
    version=3,
    meanings=_CONTRACTS,
    summary="Reads the kind of a contract: CDI, Ausbildung, freelance, beca and many more.",
    examples=[
        Example("contract", "CDI", "permanent"),
        Example("contract", "Contrat à durée déterminée - 6 mois", "fixed_term"),
        Example("contract", "Stage", "internship"),
        Example("contract", "Befristet", "fixed_term"),
        Example("contract", "6 maanden", "fixed_term"),
        Example("contract", "CONTRACTOR", "freelance"),
        Example("contract", "Selon profil", None),
    ],
)
def contract(bench: Workbench, unmapped: _Unmapped = "none") -> Run:
    """Of a text longer than a label only what cannot mean anything else is taken: "early stage" is no internship."""
    return wording_reader(_wordings("contract", CONTRACT, _CONTRACTS, CONTRACT_IN_PROSE), unmapped, bench)


@step(
    "working_time",
    version=2,
    meanings=_WORKING_TIMES,
    summary="Reads whether a job is full time or part time.",
    examples=[
        Example("working_time", "Temps plein", "full_time"),
        Example("working_time", "PART_TIME", "part_time"),
        Example("working_time", "35 h", "full_time"),
        Example("working_time", "Teilzeit, 50 %", "part_time"),
        Example("working_time", "Niepełny etat", "part_time"),
    ],
)
def working_time(bench: Workbench, unmapped: _Unmapped = "none") -> Run:
    return wording_reader(
        _wordings("working_time", WORKING_TIME, _WORKING_TIMES, WORKING_TIME_IN_PROSE), unmapped, bench
    )


@step(
    "remote",
    takes="value",
    version=2,
    meanings=_REMOTE,
    summary="Reads whether work is on site, hybrid or remote.",
    examples=[
        Example("remote", "Télétravail partiel", "hybrid"),
        Example("remote", "100% remote", "remote"),
        Example("remote", True, "remote"),
        Example("remote", "Vor Ort", "on_site"),
        Example("remote", "Praca zdalna", "remote"),
    ],
)
def remote(bench: Workbench, unmapped: _Unmapped = "none") -> Run:
    """`true` is remote, and `false` on site."""
    read = wording_reader(_wordings("remote", REMOTE, _REMOTE, REMOTE_IN_PROSE), unmapped, bench)
    return lambda value: read(str(value).lower() if isinstance(value, bool) else str(value))


@step(
    "period",
    meanings=_PERIODS,
    summary="Reads for which period a salary is paid: per hour, brut annuel, im Monat.",
    examples=[
        Example("period", "brut annuel", "year"),
        Example("period", "YEAR", "year"),
        Example("period", "im Monat", "month"),
        Example("period", "€/h", "hour"),
        Example("period", "al mese", "month"),
        Example("period", "Per", None),
    ],
)
def period(bench: Workbench, unmapped: _Unmapped = "none") -> Run:
    """For a field of its own: `salary: {parts: {min: low, period: {from: unit, then: period}}}`. The step `salary`
    reads the period of a text with amounts by itself.
    """
    return wording_reader(_wordings("period", PERIOD, _PERIODS, None), unmapped, bench)


def _wordings(name: str, words: Vocabulary, meanings: Meanings, in_prose: Vocabulary | None) -> Wordings:
    def refusal(label: str) -> tuple[str, str]:
        return f"the step `{name}` does not know {label!r}", f"jobpipe map set step:{name} {label[:40]!r} VALUE"

    read_prose = partial(read_words, in_prose) if in_prose is not None else None
    return Wordings(name, partial(read_words, words), meanings, refusal, read_prose)
