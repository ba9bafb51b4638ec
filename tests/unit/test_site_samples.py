"""Real pages that say no JobPosting, imported whole by a definition, from a site that serves them as they were."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from job_site import JobSite
from project_folder import ProjectFolder, adds_up

from jobpipe.runs.report import RunReport

pytest.importorskip("scrapy")
pytestmark = pytest.mark.samples

# The postings are written into a script, in JavaScript.
OF_A_SCRIPT = """\
posting:
  reference: id
  title: [title, clean]
  url: url
  company: {name: company, id: company_id, logo: logo}
  locations: {city: locations}
"""
# The facts are rows with an icon and a label; the reference is the number at the head of the title.
OF_ROWS = """\
posting:
  reference: {from: title, then: {regex: '^\\d+'}}
  title: {from: title, then: [{regex_replace: {pattern: '^\\d+ - ', with: ''}}, clean]}
  url: "@url"
  description: {from: text, join: "", then: sanitize_html}
  locations: {text: [place, clean]}
  salary: {from: salary, then: salary}
  positions: {from: positions, then: {regex: '\\d+'}}
"""


def imported(site: JobSite, samples: Path, tmp_path: Path, name: str, rules: str, **more: Any) -> Any:
    site.page("/careers", (samples / "html" / f"{name}.html").read_bytes())
    text = site.definition(start=site.url("/careers"), follow=None, postings=None, **more)
    folder = ProjectFolder(tmp_path / "project", text + rules)
    report: RunReport = folder.run()
    assert report.complete, report.why
    assert adds_up(report)
    expected = json.loads((samples / "expected.json").read_text())[f"html/{name}.html"]["records"]
    postings = list(folder.postings().values())
    assert len(postings) == expected == report.account["new"]
    return postings


def test_postings_that_a_script_holds_as_javascript(site: JobSite, samples: Path, tmp_path: Path) -> None:
    found = imported(site, samples, tmp_path, "jobylon_mcdonalds_se", OF_A_SCRIPT, items="script:JBL.embed_v2['jobs']")
    for posting in found:
        assert posting["reference"].isdigit()
        assert posting["title"]
        assert "\\u" not in posting["title"]
        assert posting["url"].startswith(site.url(f"/jobs/{posting['reference']}"))
        assert posting["company"]["name"]
    assert sum(bool(posting.get("locations")) for posting in found) > 100


def test_a_posting_whose_facts_are_rows_with_labels(site: JobSite, samples: Path, tmp_path: Path) -> None:
    row = "xpath:(//strong[starts-with(normalize-space(.), '{}')])[1]/following-sibling::text()"
    fields = {
        "title": "css:h1",
        "text": "css:.job-description__content/html()",
        "place": row.format("Ubicaci"),
        "salary": row.format("Salari"),
        "positions": row.format("Vacants"),
    }
    (posting,) = imported(site, samples, tmp_path, "talentclue_barcelona_activa", OF_ROWS, fields=fields)
    assert posting["reference"].isdigit()
    assert posting["title"][0].isalpha()
    assert len(posting["description"]) > 500
    assert posting["locations"]
    assert posting["salary"]["currency"] == "EUR"
    assert posting["positions"] == 1
