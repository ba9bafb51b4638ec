"""One record to one posting with steps written for this very feed: straight down, no options, enough for it alone.

The repair of wrongly decoded text is job-pipe's own, behind its gate, and so is the schema that a posting is checked
against; what the feed needs besides (dates, salaries, places) is written out here, and dates are remembered.
"""

from __future__ import annotations

import html
import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import msgspec
import nh3
from lxml import etree

from bench.mappings import read_departments, read_mappings
from jobpipe.posting import JobPosting
from jobpipe.transform.mojibake import repair_text

Fields = dict[str, str | None]

RECORD = "offre"
_MAPPINGS = read_mappings()
_FUNCTIONS = _MAPPINGS["functions"]
_CONTRACTS = _MAPPINGS["contract"]
_HOURS = _MAPPINGS["hours"]
_REMOTE = _MAPPINGS["remote"]

# What job-pipe keeps of HTML.
_CLEANER = nh3.Cleaner(
    tags={
        *("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "br", "hr", "blockquote"),
        *("table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th", "pre", "section", "article", "header"),
        *("footer", "main", "aside", "nav", "address", "figure", "figcaption"),
        *("a", "b", "strong", "i", "em", "u", "s", "sub", "sup", "small", "code"),
    },
    attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
    clean_content_tags={"script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math", "title"},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)
_GENDERS = re.compile(r"\s*(?:\([HF]\s?/\s?[HF]\)|\b[HF]\s?/\s?[HF]\b)")
_INVISIBLE = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_ZIP_FIRST = re.compile(r"(\d{5}) (.+)")
_DEPARTMENT_LAST = re.compile(r"(.+) \((\d{2})\)")
_AMOUNT = re.compile(r"(\d[\d ]*(?:,\d+)?)(k?)")
_DEPARTMENTS = read_departments()
_PERIODS = (("heure", "hour"), ("mois", "month"))
_TAG = re.compile(r"<[^>]+>")
_EMPTY_LINES = re.compile(r"\n{3,}")

encode = msgspec.json.Encoder().encode


def fields_of(element: etree._Element) -> Fields:
    """The values of a record by name, nested ones as `entreprise/nom`."""
    made: Fields = {"id": element.get("id")}
    for child in element:
        if len(child):
            for leaf in child:
                made[f"{child.tag}/{leaf.tag}"] = leaf.text
        else:
            made[child.tag] = child.text
    return made


def posting_of(fields: Fields) -> dict[str, Any]:
    """The posting as plain values. Raises msgspec.ValidationError where it is none."""
    description = description_of(fields)
    made = {
        "reference": clean(fields["reference"]),
        "title": title_of(fields["titre"]),
        "url": clean(fields["url"]),
        "apply_url": clean(fields["urlCandidature"]),
        "company": {
            "name": clean(fields["entreprise/nom"]),
            "id": clean(fields["entreprise/code"]),
            "url": clean(fields["entreprise/site"]),
            "logo": clean(fields["entreprise/logo"]),
        },
        "description": description,
        "description_text": text_of(description),
        "locations": [place_of(clean(fields["lieu/texte"]))],
        "remote": _REMOTE.get(clean(fields["teletravail"])),
        "contract": _CONTRACTS.get(clean(fields["typeContrat"])),
        "working_time": _HOURS.get(clean(fields["tempsTravail"])),
        "category": [category_of(clean(fields["fonction"]))],
        "salary": salary_of(clean(fields["salaire"])),
        "posted_at": day_of(clean(fields["datePublication"])),
        "updated_at": moment_of(clean(fields["dateMiseAJour"])),
        "valid_through": day_of(clean(fields["dateFin"])),
        "experience": clean(fields["experience"]),
        "education": clean(fields["niveauEtudes"]),
        "industry": clean(fields["secteur"]),
        "skills": [skill for one in clean(fields["competences"]).split(";") if (skill := one.strip())],
        "language": clean(fields["langue"]),
        "positions": int(clean(fields["nombrePostes"])),
    }
    msgspec.convert(made, JobPosting)
    return made


def clean(text: str | None) -> str:
    if text is None:
        return ""
    if not text.isascii():
        text = repair_text(text)
        if not text.isprintable():
            text = text.translate(_INVISIBLE)
    return " ".join(text.split())


def title_of(text: str | None) -> str:
    return _GENDERS.sub("", clean(text)).strip()


def description_of(fields: Fields) -> str:
    text = f"{fields['description'] or ''}<h3>Profil</h3>{fields['profil'] or ''}"
    if "&" in text:
        text = html.unescape(text)
    return _CLEANER.clean(repair_text(text)).strip()


def text_of(markup: str) -> str:
    """Plain text of sanitised HTML, which writes each tag in one way only."""
    text = markup.replace("\n", " ").replace("&nbsp;", " ").replace("<br>", "\n").replace("<li>", "\n- ")
    text = text.replace("<h", "\n\n<h")
    for end in ("</p>", "</ul>", "</h2>", "</h3>"):
        text = text.replace(end, "\n\n")
    text = _TAG.sub("", text)
    if "&" in text:
        text = html.unescape(text)
    text = "\n".join([line.strip() for line in text.split("\n")])
    return _EMPTY_LINES.sub("\n\n", text).strip()


def place_of(text: str) -> dict[str, str]:
    if found := _ZIP_FIRST.fullmatch(text):
        return {"text": text, "city": found[2], "postal_code": found[1], "country": "FR"}
    if found := _DEPARTMENT_LAST.fullmatch(text):
        return {"text": text, "city": found[1], "region": _DEPARTMENTS[found[2]], "country": "FR"}
    return {"text": text, "country": "FR"}


def category_of(label: str) -> dict[str, str]:
    code = _FUNCTIONS.get(label)
    return {"code": code, "label": label, "by": "functions"} if code else {"label": label}


def salary_of(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    amounts = [_number(found[1], found[2]) for found in _AMOUNT.finditer(text)]
    if not amounts:
        return {"text": text}
    period = next((name for word, name in _PERIODS if word in text), "year")
    return {"min": amounts[0], "max": amounts[-1], "currency": "EUR", "period": period, "text": text}


def _number(digits: str, thousands: str) -> float:
    number = float(digits.replace(" ", "").replace(",", "."))
    return number * 1000 if thousands else number


@lru_cache(maxsize=20_000)
def day_of(text: str) -> str | None:
    """24/11/2026"""
    if not text:
        return None
    day, month, year = text.split("/")
    return date(int(year), int(month), int(day)).isoformat()


@lru_cache(maxsize=20_000)
def moment_of(text: str) -> str | None:
    return datetime.fromisoformat(text).isoformat() if text else None
