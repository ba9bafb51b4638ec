"""The files of definitions, as they are written for people: whole or not at all."""

from __future__ import annotations

import contextlib
import difflib
import os

from jobpipe.definition.project import Project
from jobpipe.errors import UsageError


def may_write_definitions(project: Project) -> bool:
    """Whether the folder of the definitions can be written to from here, or be made."""
    folder = project.root / "imports"
    return os.access(folder if folder.exists() else project.root, os.W_OK)


def write_definition(project: Project, name: str, text: str, *, otherwise: str) -> None:
    """`otherwise`: what a person can do where it cannot be written, which raises UsageError."""
    path = project.root / "imports" / f"{name}.yaml"
    beside = path.with_suffix(".yaml.new")
    try:
        beside.parent.mkdir(exist_ok=True)
        beside.write_text(text, encoding="utf-8")
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise UsageError(f"imports/{name}.yaml cannot be written: {error.strerror}", hint=otherwise) from error


def patch_of(name: str, before: str, after: str) -> str:
    """As `git apply` takes it; "" = nothing differs. `before` is "" where there is no file yet."""
    file = f"imports/{name}.yaml"
    old = f"a/{file}" if before else "/dev/null"
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), old, f"b/{file}", lineterm="")
    text = "\n".join(lines)
    return f"{text}\n" if text else ""
