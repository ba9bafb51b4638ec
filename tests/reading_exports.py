"""Readers of exports that share nothing with their writers: lxml with schemas, json, csv, feedparser."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from lxml import etree

from jobpipe.destinations.formats.format import Setting, output_format
from jobpipe.posting import JobPosting

SCHEMAS = Path(__file__).parent / "data" / "export_formats"
# Of each partner's XML: the element of a job, and that of its title.
PARTNERS = {
    "indeed": ("job", "title"),
    "linkedin": ("job", "title"),
    "jooble": ("job", "name"),
    "talent": ("job", "title"),
    "adzuna": ("job", "title"),
    "trovit": ("ad", "title"),
}
OPTIONS = {"publisher": "Example & Co", "publisher_url": "https://example.org"}


def exported(name: str, postings: list[JobPosting], **setting: Any) -> bytes:
    setting.setdefault("options", OPTIONS)
    return b"".join(output_format(name).write(postings, Setting(**setting)))


@cache
def xml_schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / f"{name}.xsd"))


@cache
def google_schema() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((SCHEMAS / "google.json").read_text()))


def faults(name: str, posting: JobPosting) -> list[str]:
    """What the partner's schema says against the posting as it is exported."""
    made = exported(name, [posting])
    if name == "google":
        return [error.message for error in google_schema().iter_errors(json.loads(made))]
    schema = xml_schema(name)
    schema.validate(etree.fromstring(made))
    return [str(error.message) for error in schema.error_log]
