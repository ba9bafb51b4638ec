"""One record to one posting with the same steps as job-pipe's definition, called by hand: straight down, no options.

The repair stands behind the same gate; what job-pipe saves behind it, giving only the lines that need it to ftfy and
only those of ftfy's fixers that have something to do, is its own.

All peers share it, so that they differ only in how they read, keep and compare.  `own_steps.py` is the other way: steps
written for this very feed.
"""

from __future__ import annotations

from typing import Any

import ftfy
import msgspec

from bench.mappings import read_mappings
from bench.peers.own_steps import RECORD, Fields, encode, fields_of
from jobpipe.definition.models import StepCall
from jobpipe.posting import JobPosting
from jobpipe.transform.mojibake import may_be_damaged
from jobpipe.transform.steps.registry import build
from jobpipe.transform.workbench import Workbench

__all__ = ["RECORD", "Fields", "encode", "fields_of", "posting_of"]

_BENCH = Workbench()
_MAPPINGS = read_mappings()
_FUNCTIONS = _MAPPINGS["functions"]
_CONTRACTS = _MAPPINGS["contract"]
_HOURS = _MAPPINGS["hours"]
_REMOTE = _MAPPINGS["remote"]

# What job-pipe repairs, and nothing besides.
_REPAIR = ftfy.TextFixerConfig(
    unescape_html=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    uncurl_quotes=False,
    fix_line_breaks=False,
    explain=False,
)


def _step(name: str, **params: Any) -> Any:
    return build(StepCall(name=name, params=params), _BENCH)


clean = _step("clean")
title = _step("title")
unescape = _step("unescape")
sanitize_html = _step("sanitize_html")
html_to_text = _step("html_to_text")
place = _step("place", country="FR")
salary = _step("salary", currency="EUR", period="year")
day = _step("date", order="DMY")
moment = _step("date")


def posting_of(fields: Fields) -> dict[str, Any]:
    """The posting as plain values. Raises msgspec.ValidationError where it is none."""
    description = description_of(fields)
    made = {
        "reference": clean(fields["reference"]),
        "title": title(clean(fields["titre"])),
        "url": clean(fields["url"]),
        "apply_url": clean(fields["urlCandidature"]),
        "company": {
            "name": clean(fields["entreprise/nom"]),
            "id": clean(fields["entreprise/code"]),
            "url": clean(fields["entreprise/site"]),
            "logo": clean(fields["entreprise/logo"]),
        },
        "description": description,
        "description_text": html_to_text(description),
        "locations": [place(clean(fields["lieu/texte"]))],
        "remote": _REMOTE.get(clean(fields["teletravail"])),
        "contract": _CONTRACTS.get(clean(fields["typeContrat"])),
        "working_time": _HOURS.get(clean(fields["tempsTravail"])),
        "category": [category_of(clean(fields["fonction"]))],
        "salary": salary(clean(fields["salaire"])),
        "posted_at": day(clean(fields["datePublication"])),
        "updated_at": moment(clean(fields["dateMiseAJour"])),
        "valid_through": day(clean(fields["dateFin"])),
        "experience": clean(fields["experience"]),
        "education": clean(fields["niveauEtudes"]),
        "industry": clean(fields["secteur"]),
        "skills": [skill for one in (clean(fields["competences"]) or "").split(";") if (skill := one.strip())],
        "language": clean(fields["langue"]),
        "positions": int(clean(fields["nombrePostes"])),
    }
    msgspec.convert(made, JobPosting)
    return made


def description_of(fields: Fields) -> str:
    text = f"{fields['description'] or ''}<h3>Profil</h3>{fields['profil'] or ''}"
    return str(sanitize_html(repaired(unescape(text))))


def repaired(text: str) -> str:
    """A text that the gate does not let pass goes through ftfy as a whole, as its documentation has it."""
    return ftfy.fix_text(text, _REPAIR) if may_be_damaged(text) else text


def category_of(label: str) -> dict[str, str]:
    code = _FUNCTIONS.get(label)
    return {"code": code, "label": label, "by": "functions"} if code else {"label": label}
