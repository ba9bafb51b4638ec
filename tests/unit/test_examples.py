"""The definitions in `examples/`, on the real feeds where they lie: counts, coverage, and postings field by field."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from engines import own_settings
from project_folder import adds_up

from jobpipe.definition.project import find_project
from jobpipe.documents.body import unpack
from jobpipe.documents.store import Selection
from jobpipe.ledger.models import Import
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.progress import Progress
from jobpipe.runs.report import RunReport
from jobpipe.runs.workspace import open_workspace

ROOT = Path(__file__).parent.parent.parent
EXAMPLES = ROOT / "examples"
EXPECTED = ROOT / "tests" / "data" / "examples"
NAMES = sorted(path.stem for path in (EXAMPLES / "imports").glob("*.yaml"))
# Longer texts are compared by their digest.
SHOWN = 60

# What cannot be read without losing some of it: a tag that is never closed.
REJECTED = {"greenhouse-xml": 1}

pytestmark = pytest.mark.samples


def sample_of(name: str) -> str:
    """The feed that an example reads, as samples/expected.json names it."""
    feed = find_project(EXAMPLES, {}).load(name).definition.source.feed or ""
    return feed.partition("}/")[2]


def shortened(value: Any) -> Any:
    """The value as the files of expectations hold it."""
    if isinstance(value, str) and len(value) > SHOWN:
        return {"length": len(value), "sha256": hashlib.sha256(value.encode()).hexdigest()[:16]}
    if isinstance(value, list):
        return [shortened(item) for item in value]
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    return value


def run(name: str, samples: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[RunReport, dict[str, Any]]:
    monkeypatch.setenv("JOBPIPE_SAMPLES", str(samples))
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns(".jobpipe"))
    with (folder / "jobpipe.yaml").open("a") as settings:
        settings.write(own_settings(folder))
    with open_workspace(find_project(folder, {})) as workspace:
        report = run_import(workspace, name, workers=0, progress=Progress(), stop=StopRequest())
        import_id = Import.objects.get(name=name).pk
        bodies = workspace.documents.bodies(import_id, Selection(status=None))
        return report, {row.key: json.loads(unpack(body).posting or b"{}") for row, body in bodies}


@pytest.mark.parametrize("name", NAMES)
def test_an_example_imports_its_feed(name: str, samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report, postings = run(name, samples, tmp_path / "examples", monkeypatch)
    expected = json.loads((samples / "expected.json").read_text())[sample_of(name)]
    account = report.account
    assert report.state in ("succeeded", "partial"), report.error
    assert adds_up(report)
    assert account["read"] == expected["records"]
    assert account["rejected"] == REJECTED.get(name, 0)
    assert (
        account["new"] >= 0.95 * expected.get("records_well_formed_alone", expected["records"]) - account["duplicate"]
    )
    # A posting that is not live has ended by its own day: these feeds are years old.
    assert account["new"] == len(postings)
    kept = json.loads((EXPECTED / f"{name}.json").read_text())
    assert len(kept) >= min(3, len(postings))
    for key, fields in kept.items():
        assert shortened(postings[key]) == fields, key


def test_every_feed_has_its_example(samples: Path) -> None:
    feeds = {
        name
        for name, expected in json.loads((samples / "expected.json").read_text()).items()
        if expected["kind"] in ("feed", "message")
    }
    assert {sample_of(name) for name in NAMES} == feeds
