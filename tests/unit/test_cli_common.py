"""What every command has in common: finding it, selectors, progress, colours, logs."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from command_line import jobpipe, jobpipe_from_nothing
from project_folder import ProjectFolder, xml_feed

from jobpipe.cli.command_list import ALIASES, COMMANDS, nearest
from jobpipe.cli.main import jobpipe as root
from jobpipe.cli.main import move_common_options

OTHER = """\
import: board
client: Beta
tags: [nightly]
source: {site: {start: ["https://board.example/jobs"]}}
posting: {title: title}
"""


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    made = ProjectFolder(tmp_path / "project")
    (made.root / "imports" / "board.yaml").write_text(OTHER)
    (made.root / "feed.xml").write_bytes(xml_feed({"k1": "Soudeur"}))
    return made


def listed(project: ProjectFolder, *selectors: str) -> list[str]:
    done = jobpipe("-C", project.root, "list", "--names", *selectors)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_list_is_what_a_run_with_the_same_selectors_would_run(project: ProjectFolder) -> None:
    assert listed(project) == ["board", "offers"]
    assert listed(project, "tag:night*") == ["board"]
    assert listed(project, "source:site") == ["board"] == listed(project, "source:https://board.example/*")
    assert listed(project, "source:feed.*") == ["offers"] == listed(project, "--exclude", "client:Beta")
    for words in (["source:ftp*"], ["board", "--exclude", "board"]):
        empty = jobpipe("-C", project.root, "list", *words)
        assert empty.returncode == 2
        assert "there is board, offers" in empty.stderr


def test_what_another_tool_calls_a_command_leads_to_ours() -> None:
    for word, command in ALIASES.items():
        assert word not in COMMANDS
        assert command in COMMANDS
    assert (nearest("validate"), nearest("quar"), nearest("reproces"), nearest("zzz")) == (
        "check",
        "quarantine",
        "reprocess",
        "",
    )
    assert "Did you mean 'check'?" in jobpipe("validate").stderr
    assert "Did you mean 'add'?" in jobpipe("accounts", "ad").stderr


def test_every_command_in_the_list_has_its_module() -> None:
    for name in COMMANDS:
        assert importlib.util.find_spec(f"jobpipe.cli.commands.{name.replace('-', '_')}"), name


def test_progress_is_told_as_it_is_asked_for_on_stderr_alone(project: ProjectFolder) -> None:
    told = jobpipe("-C", project.root, "run", "offers", "--progress", "json", "--json")
    events = [json.loads(line) for line in told.stderr.splitlines()]
    assert [event["event"] for event in (events[0], events[-1])] == ["begin", "end"]
    assert (events[-1]["import"], events[-1]["run"], events[-1]["records"]) == ("offers", 1, 1)
    assert json.loads(told.stdout)[0]["state"] == "succeeded"
    assert "offers: run 2" in jobpipe("-C", project.root, "run", "offers").stderr
    assert jobpipe("-C", project.root, "--progress=none", "run", "offers").stderr == ""
    assert jobpipe("-C", project.root, "run", "offers", JOBPIPE_PROGRESS="none").stderr == ""


def test_colours_come_where_they_are_asked_for_and_never_against_no_color(project: ProjectFolder) -> None:
    assert "\x1b[" not in jobpipe("-C", project.root, "run", "offers").stdout
    assert "\x1b[" in jobpipe("-C", project.root, "run", "offers", "--color", "always").stdout
    assert "\x1b[3" not in jobpipe("-C", project.root, "run", "offers", FORCE_COLOR="1", NO_COLOR="1").stdout
    assert "\x1b[3" not in jobpipe("-C", project.root, "run", "offers", "--color", "never", FORCE_COLOR="1").stdout


# Settings --------------------------------------------------------------------------------------------


def shown_settings(project: ProjectFolder, *arguments: str, **environ: str) -> dict[str, tuple[object, str]]:
    done = jobpipe("-C", project.root, "config", "show", "--json", *arguments, **environ)
    assert done.returncode == 0, done.stderr
    return {one["setting"]: (one["value"], one["origin"]) for one in json.loads(done.stdout)}


def test_each_setting_is_shown_with_where_it_came_from_and_no_secret(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    project.keep_all_in_files()
    (project.root / "jobpipe.yaml").write_text(
        "at_once: 4\nworkers: 3\n"
        "notify: {channels: {house: {webhook: 'https://hooks.example/T0p', secret: hush-hush}}}\n"
        "cluster: {broker: 'amqp://ann:pw1@broker/x'}\n"
    )
    found = shown_settings(project, "--progress", "log", JOBPIPE_WORKERS="0", JOBPIPE_LOG="json")
    assert found["--progress"] == ("log", "--progress")
    assert found["--log-format"] == ("json", "JOBPIPE_LOG")
    assert found["workers"] == (0, "JOBPIPE_WORKERS")
    assert found["at_once"] == (4, "jobpipe.yaml:1")
    assert found["zone"] == ("UTC", "default")
    shown = jobpipe("-C", project.root, "config", "show", "--origin")
    assert not any(secret in shown.stdout for secret in ("T0p", "hush-hush", "pw1"))
    assert "default" not in {origin for _, origin in shown_settings(project, "--changed").values()}


def test_the_environment_goes_before_the_file_and_a_wrong_value_names_its_variable(project: ProjectFolder) -> None:
    done = jobpipe("-C", project.root, "run", "offers", "--quiet", JOBPIPE_WORKERS="0", JOBPIPE_STATE="elsewhere")
    assert done.returncode == 0, done.stderr
    assert (project.root / "elsewhere").is_dir()
    wrong = jobpipe("-C", project.root, "status", JOBPIPE_AT_ONCE="many")
    assert (wrong.returncode, "JOBPIPE_AT_ONCE" in wrong.stderr) == (2, True)


# Completion ------------------------------------------------------------------------------------------


def completed(project: ProjectFolder, line: str) -> set[str]:
    words = line.split(" ")
    asked = {"_JOBPIPE_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    done = jobpipe_from_nothing(cwd=project.root, **asked)
    return {found.partition(",")[2] for found in done.stdout.split()}


def test_a_shell_completes_commands_and_the_names_of_this_project(project: ProjectFolder) -> None:
    (project.root / "destinations").mkdir()
    (project.root / "destinations" / "partner.yaml").write_text("destination: partner\nto: {file: out.xml}\n")
    assert completed(project, "jobpipe pre") == {"preview", "preflight"}
    assert completed(project, "jobpipe preview o") == {"offers"}
    assert completed(project, "jobpipe run tag") == {"tag:nightly"}
    assert completed(project, "jobpipe deliver p") == {"partner"}
    assert "source-held" in completed(project, "jobpipe explain source-h")
    for shell in ("bash", "zsh", "fish"):
        assert "_JOBPIPE_COMPLETE" in jobpipe("completion", shell).stdout


# Lists since a moment --------------------------------------------------------------------------------


def test_lists_begin_at_a_moment(project: ProjectFolder) -> None:
    jobpipe("-C", project.root, "run", "offers")
    for command in (["runs"], ["postings", "offers"], ["incidents"]):
        assert jobpipe("-C", project.root, *command, "--since", "1d", "--json").returncode == 0
    assert len(json.loads(jobpipe("-C", project.root, "runs", "--since", "1d", "--json").stdout)) == 1
    assert json.loads(jobpipe("-C", project.root, "runs", "--since", "2999-01-01", "--json").stdout) == []
    assert jobpipe("-C", project.root, "postings", "offers", "--since", "2999-01-01", "--json").stdout == ""
    assert "2031-05-01" in jobpipe("-C", project.root, "runs", "--since", "soon").stderr


# Help ------------------------------------------------------------------------------------------------

# Where a command line ends within one of a shell.
_END = re.compile(r'\)"| > | \| | && | +#')


def examples() -> Iterator[str]:
    """Of all commands, also of those below others."""
    for name in COMMANDS:
        found = root.get_command(click.Context(root), name)
        assert found is not None
        for command in (found, *(found.commands.values() if isinstance(found, click.Group) else ())):
            for line in (command.epilog or "").splitlines()[2:]:
                yield _END.split(line.partition("jobpipe ")[2])[0]


def test_each_example_in_the_help_of_a_command_is_one_that_it_understands() -> None:
    lines = list(examples())
    assert len(lines) > 40
    for line in lines:
        words = move_common_options(shlex.split(line))
        name, *arguments = words[next(place for place, word in enumerate(words) if word in COMMANDS) :]
        command = root.get_command(click.Context(root), name)
        assert command is not None, line
        if isinstance(command, click.Group) and arguments and arguments[0] in command.commands:
            command, arguments = command.commands[arguments[0]], arguments[1:]
        try:
            command.make_context(name, arguments, parent=click.Context(root))
        except click.ClickException as error:
            pytest.fail(f"jobpipe {line}: {error.format_message()}")
