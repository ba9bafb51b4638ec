"""Commands load what they need: called by a Python that has loaded nothing; other tests fork one that has all."""

from __future__ import annotations

import pytest
from command_line import jobpipe, jobpipe_from_nothing
from project_folder import ProjectFolder, xml_feed

# One of each kind that the tutorial, whose commands are called so too (test_docs), has not.
COMMANDS = """\
backup copy
doctor
incidents
map list
near-duplicates list
notify log
override list
plan offers
posting show k1
prune --dry-run
report --import offers
status
taxonomy list
verify
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectFolder:
    made = ProjectFolder(tmp_path_factory.mktemp("loading") / "project")
    made.run(xml_feed({"k1": "Offre"}), workers=0)
    return made


@pytest.mark.parametrize("command", COMMANDS.splitlines())
def test_a_command_finds_all_that_it_needs(project: ProjectFolder, command: str) -> None:
    done = jobpipe_from_nothing(*command.split(), cwd=project.root)
    assert done.returncode == 0, done.stderr


def test_one_that_was_forked_does_and_says_what_one_from_nothing_does(project: ProjectFolder) -> None:
    for command in ("show 1 --json", "show 99", "steps", "--version", "nothing", "postings offers --json"):
        forked, fresh = (run(*command.split(), cwd=project.root) for run in (jobpipe, jobpipe_from_nothing))
        assert (forked.returncode, forked.stdout, forked.stderr) == (fresh.returncode, fresh.stdout, fresh.stderr)
