"""The job's title: a short line of text in each record."""

from __future__ import annotations

import re

from jobpipe.drafting.columns import Column
from jobpipe.drafting.recognising.recogniser import Recogniser, Survey, Weight
from jobpipe.drafting.shapes import is_country, is_date, is_email, is_markup, is_number, is_town, is_url, is_yes_or_no
from jobpipe.transform.steps.date_words import fold

# Marks of gender, and words that many jobs are called by.
_OCCUPATION = re.compile(
    r"\b[hfmwdx] ?[/|] ?[hfmwdx]\b|engineer|manager|assistant|developer|nurse|technician|operator|officer|analyst"
    r"|driver|clerk|teacher|consultant|director|specialist|ingenieur|vendeu|infirmi|comptable|technicien|charge|chef|responsable"
    r"|conducteur|aide|buchhalt|entwickler|mitarbeiter|leiter|fachkraft|verkauf|pflege|elektr|mechanik|techniker"
    r"|medewerker|monteur|verple|contable|camarer|enfermer|tecnic|ingenier|dependient|gestor|addett|impiegat|infermier"
    r"|operai|utvecklare|skoterska|ekonom|lagerarbet|larare|saljare|medarbetare|sykepleier|laerer|sygeplejerske"
    r"|hoitaja|myyja|insinoori|ksiegow|magazynier|pielegniark|kierowc|inzynier|specjalista|operative|surveyor"
)


def _is_occupation(text: str) -> bool:
    return bool(_OCCUPATION.search(fold(text)))


def _weigh(column: Column, survey: Survey) -> Weight | None:
    if column.share(is_url) > 0.1 or column.share(is_number) > 0.1 or column.share(is_email) > 0.1:
        return None
    if column.share(is_date) > 0.1 or column.share(is_yes_or_no) > 0.1 or column.filled < 0.5:
        return None
    value = 0.0
    if column.filled < 0.95:
        value -= 1.5
    if column.length > 200 or column.length < 4:
        return None
    if column.length > 120 or column.share(is_markup) > 0.2:
        value -= 2.0
    if not survey.is_small:
        value += 0.7 if column.uniqueness >= 0.5 else -0.3 if column.uniqueness >= 0.15 else -1.2
    if column.share(is_town) > 0.6 or column.share(is_country) > 0.6:
        value -= 1.5
    if survey.is_nameless:
        value += 3.0 * column.share(_is_occupation)
    return Weight(value, f"a line of {column.length:.0f} characters on average")


RECOGNISERS = (Recogniser("title", _weigh),)
