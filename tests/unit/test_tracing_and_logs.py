"""What a run says of itself while it goes: spans, and lines of a log."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from project_folder import ProjectFolder, xml_feed

from jobpipe import tracing
from jobpipe.logs import about, log_to_stderr
from jobpipe.safety.secrets import process_redactor


def test_a_run_its_stages_and_its_batches_are_spans_of_one_trace(tmp_path: Path) -> None:
    memory = pytest.importorskip(
        "opentelemetry.sdk.trace.export.in_memory_span_exporter", reason="opentelemetry-sdk is not installed"
    )
    project = ProjectFolder(tmp_path / "project")
    exporter = memory.InMemorySpanExporter()
    assert tracing.start_tracing(exporter)
    try:
        report = project.run(xml_feed({"1": "Mason", "2": "Nurse"}))
        spans = {one.name: one for one in exporter.get_finished_spans()}
    finally:
        tracing.stop_tracing()
    assert spans.keys() == {"run", "read", "apply", "finish"}
    assert len({one.context.trace_id for one in spans.values()}) == 1
    assert spans["read"].parent.span_id == spans["finish"].parent.span_id == spans["run"].context.span_id
    assert dict(spans["run"].attributes) == {
        "jobpipe.name": "offers",
        "jobpipe.run": report.run,
        "jobpipe.state": "succeeded",
        "jobpipe.read": 2,
    }


def test_without_an_address_no_span_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(tracing.ENDPOINT, raising=False)
    assert not tracing.start_tracing()


@pytest.fixture(autouse=True)
def loggers_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


def test_each_line_names_import_and_run_and_no_secret(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBPIPE_LOG", "json")
    process_redactor.add("hunter2-of-acme")
    log_to_stderr()
    with about("offers", 7):
        logging.getLogger("a.library").warning("asked with %s", "hunter2-of-acme")
    try:
        raise ValueError("hunter2-of-acme\nand more")
    except ValueError:
        logging.getLogger("jobpipe").exception("failed")
    said = capsys.readouterr().err
    first, second = map(json.loads, said.splitlines())
    assert (first["import"], first["run"], first["level"], first["message"]) == (
        "offers",
        7,
        "warning",
        "asked with ***",
    )
    assert "import" not in second
    assert "ValueError: ***" in second["traceback"] and "hunter2" not in said


def test_as_text_a_line_begins_with_what_it_is_about(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBPIPE_LOG", "text")
    log_to_stderr()
    with about("offers"):
        logging.getLogger("jobpipe").info("begun")
    assert capsys.readouterr().err.rstrip().endswith("INFO    [offers] begun")
