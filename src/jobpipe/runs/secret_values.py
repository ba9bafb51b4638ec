"""Where `${NAME}` gets its value: the environment first, then the secrets that are sealed in the ledger.

The key lies in JOBPIPE_KEY or in the project's state, beside no backup: see docs/how-to/secrets.md.  In a cluster every
process that conducts runs needs the key; workers that only transform see no secret at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from jobpipe.definition.project import Project
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Secret
from jobpipe.ledger.turns import turn_to_write
from jobpipe.runs.workspace import Workspace
from jobpipe.safety import sealed
from jobpipe.safety.secrets import SHORTEST_SECRET, is_variable_name, process_redactor

KEY_FILE = "key"


def key_path(project: Project) -> Path:
    return project.state_dir / KEY_FILE


def environ_of(project: Project) -> Mapping[str, str]:
    """The environment, and below it the sealed secrets: of a project whose ledger is open."""
    return _Environment(project)


class _Environment(Mapping[str, str]):
    """Sealed secrets are asked for one by one: a run that needs none asks nothing. What was opened is never shown."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def __getitem__(self, name: str) -> str:
        return os.environ[name] if name in os.environ else self._opened(name)

    def _opened(self, name: str) -> str:
        row = Secret.objects.filter(name=name).first() if is_variable_name(name) else None
        if row is None:
            raise KeyError(name)
        value = sealed.find_keys(os.environ, key_path(self._project)).open(name, bytes(row.sealed))
        process_redactor.add(value)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter({*os.environ, *Secret.objects.values_list("name", flat=True)})

    def __len__(self) -> int:
        return sum(1 for _ in self)


def set_secret(workspace: Workspace, name: str, value: str, *, by: str) -> bool:
    """Whether it is new. Raises UsageError for a name that nobody can ask for, or a value that cannot be masked."""
    if not is_variable_name(name):
        raise UsageError(f"{name!r} is no name: letters, digits and _", hint="definitions ask for it as ${NAME}")
    if len(value.strip()) < SHORTEST_SECRET:
        raise UsageError(f"a secret has at least {SHORTEST_SECRET} characters: a shorter one could not be masked")
    process_redactor.add(value)
    return keep_sealed(workspace, name, value, by=by)


def keep_sealed(workspace: Workspace, name: str, value: str, *, by: str) -> bool:
    keys = _keys_for_sealing(workspace.project)
    with workspace.writing():
        _, is_new = Secret.objects.update_or_create(
            name=name,
            defaults={"sealed": keys.seal(name, value), "changed_at": datetime.now(UTC), "changed_by": by[:200]},
        )
    return is_new


def opened(project: Project, name: str) -> str | None:
    """Of job-pipe's own ones, too; None = there is none of this name."""
    row = Secret.objects.filter(name=name).first()
    return sealed.find_keys(os.environ, key_path(project)).open(name, bytes(row.sealed)) if row is not None else None


def remove_secret(workspace: Workspace, name: str) -> None:
    with workspace.writing():
        count, _ = Secret.objects.filter(name=name).delete() if is_variable_name(name) else (0, {})
    if not count:
        raise UsageError(f"there is no secret {name}", hint="jobpipe secrets list")


def rotate(workspace: Workspace) -> int:
    """Seal all secrets under a new key; how many. A process that is killed amid this leaves all of them readable."""
    path = key_path(workspace.project)
    if os.environ.get(sealed.VARIABLE):
        return _seal_again(workspace)
    before = sealed.read_texts(path)
    if before:
        sealed.find_keys(os.environ, path)  # says what is wrong with them
    fresh = sealed.new_key()
    sealed.write_keys(path, [fresh, *before])
    count = _seal_again(workspace)
    sealed.write_keys(path, [fresh])
    return count


def _seal_again(workspace: Workspace) -> int:
    keys = sealed.find_keys(os.environ, key_path(workspace.project))
    with turn_to_write(), workspace.writing():
        rows = list(Secret.objects.select_for_update())
        for row in rows:
            row.sealed = keys.seal(row.name, keys.open(row.name, bytes(row.sealed)))
        Secret.objects.bulk_update(rows, ["sealed"], batch_size=100)
    return len(rows)


def _keys_for_sealing(project: Project) -> sealed.Keys:
    """Made where there is none yet, and nothing is sealed."""
    path = key_path(project)
    if not os.environ.get(sealed.VARIABLE) and not path.exists() and not Secret.objects.exists():
        sealed.write_keys(path, [sealed.new_key()])
    return sealed.find_keys(os.environ, path)
