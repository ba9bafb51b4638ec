"""job-pipe itself, as its users run it: a project folder with one import, and `jobpipe run`."""

from __future__ import annotations

import csv
import os
import re
import shutil
from pathlib import Path

from bench.mappings import read_mappings

IMPORT = "offers"

# $name is a field of the feed, as its XML has it.
_DEFINITION = """\
import: offers
client: A board that does not exist
source:
  feed: feed.$$format
  $$record
posting:
  reference:     $reference
  title:         [$titre, clean, title]
  url:           $url
  apply_url:     $urlCandidature
  company:       {name: [$entreprise/nom, clean], id: $entreprise/code, url: $entreprise/site, logo: $entreprise/logo}
  description:   {from: [$description, $profil], join: "<h3>Profil</h3>", then: [unescape, sanitize_html]}
  locations:     {from: $lieu/texte, each: {place: {country: FR}}}
  remote:        {from: $teletravail, map: remote}
  contract:      {from: $typeContrat, map: contract}
  working_time:  {from: $tempsTravail, map: hours}
  category:      {from: $fonction, map: functions}
  salary:        {from: $salaire, then: {salary: {currency: EUR, period: year}}}
  posted_at:     {from: $datePublication, then: {date: {order: DMY}}}
  updated_at:    [$dateMiseAJour, date]
  valid_through: {from: $dateFin, then: {date: {order: DMY}}}
  experience:    [$experience, clean]
  education:     [$niveauEtudes, clean]
  industry:      [$secteur, clean]
  skills:        {from: $competences, split: ";", each: clean}
  language:      $langue
  positions:     $nombrePostes
"""
_RECORD = {"xml": "record: offre", "json": 'record: "[*]"', "csv": "format: csv"}
_SEPARATOR = {"xml": "/", "json": ".", "csv": "_"}


def make_project(folder: Path, *, feed_format: str = "xml") -> Path:
    """A project folder with the import `offers`, which reads `feed.<format>` beside it; made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "imports").mkdir(parents=True)
    (folder / "mappings").mkdir()
    (folder / "jobpipe.yaml").write_text("{}\n")
    (folder / "imports" / f"{IMPORT}.yaml").write_text(definition(feed_format))
    for name, table in read_mappings().items():
        with (folder / "mappings" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("label", "code"), *table.items()])
    return folder


def definition(feed_format: str) -> str:
    """The text of the definition that reads the feed in this format."""
    text = _DEFINITION.replace("$$format", feed_format).replace("$$record", _RECORD[feed_format])
    return re.sub(r"\$([A-Za-z/]+)", lambda found: found[1].replace("/", _SEPARATOR[feed_format]), text)


def put_feed(folder: Path, feed: Path) -> None:
    """Let the import read this feed now. The bytes are not copied: it is another name of the same file."""
    place = folder / f"feed{feed.suffix}"
    place.unlink(missing_ok=True)
    os.link(feed, place)


def command(python: str, folder: Path, *, workers: int) -> list[str]:
    return [
        *(python, "-m", "jobpipe.cli.main", "-C", str(folder)),
        *("run", IMPORT, "--quiet", "--json", "--workers", str(workers)),
    ]
