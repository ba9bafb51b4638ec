"""The law of plans on real feeds: definitions of `examples/`, edited without regard to what they say."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from engines import own_settings
from planning import changed_fields, postings, working

from jobpipe.definition.project import find_project
from jobpipe.documents.store import Status
from jobpipe.runs.conducting import StopRequest, run_import
from jobpipe.runs.plans.applying import apply_plan
from jobpipe.runs.plans.making import make_plan
from jobpipe.runs.preparing import Change
from jobpipe.runs.progress import Progress
from jobpipe.runs.workspace import open_workspace

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
NAMES = ("stc", "jobrapido", "usajobs", "oleeo-atom", "talentsoft", "greenhouse-xml")

pytestmark = pytest.mark.samples
Edit = Callable[[dict[str, Any]], None]


def shout(definition: dict[str, Any]) -> None:
    rule = definition["posting"]["title"]
    steps = rule if isinstance(rule, list) else [rule] if isinstance(rule, str) else None
    if steps is not None:
        definition["posting"]["title"] = [*steps, "upper"]
    else:
        then = rule.get("then", [])
        rule["then"] = [*(then if isinstance(then, list) else [then]), "upper"]


def forget(definition: dict[str, Any]) -> None:
    """Every second field that no posting needs."""
    fields = [name for name in definition["posting"] if name not in ("reference", "title", "url")]
    for name in fields[::2]:
        del definition["posting"][name]
    definition.pop("key", None)


def keep_some(definition: dict[str, Any]) -> None:
    definition["keep"] = "posting.title | length > 24"


@pytest.mark.parametrize("edit", [shout, forget, keep_some])
@pytest.mark.parametrize("name", NAMES)
def test_a_run_does_what_its_plan_says(
    name: str, edit: Edit, samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBPIPE_SAMPLES", str(samples))
    folder = tmp_path / "examples"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns(".jobpipe"))
    with (folder / "jobpipe.yaml").open("a") as settings:
        settings.write(own_settings(folder))
    with open_workspace(find_project(folder, {})) as workspace:
        run_import(workspace, name, workers=0, progress=Progress(), stop=StopRequest())
        edited = yaml.safe_load(workspace.project.text_of(name))
        edit(edited)
        before = postings(workspace, name)
        text = yaml.safe_dump(edited, sort_keys=False, allow_unicode=True)
        made = make_plan(workspace, name, Change((text, "edited.yaml")), by="ann", working=working())
        assert made is not None
        assert postings(workspace, name) == before
        said = json.loads(made.document)
        report = apply_plan(workspace, made.pk, by="bob", working=working())
        after = postings(workspace, name, Status.LIVE)
    assert (report.account, report.live) == (said["account"], said["live"]["after"])
    assert {one["field"]: one["changed"] for one in said["fields"]} == changed_fields(before, after)
