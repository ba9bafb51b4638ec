"""What near-duplicates cost: two imports of one client with the same offers, each under its own references.

    python -m bench.near_duplicates --size 50000

The worst case: every posting has a twin. First both are imported without being compared, then `near-duplicates find`
compares all of them at once; then the second day of one of them is imported, with and without comparison.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from bench.feeds import feed_file
from bench.measuring import Measured, measure, pin_to
from bench.ours import definition, make_project, put_feed

_IMPORTS = ("offers", "mirror")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=50_000, help="offers of each import")
    size = parser.parse_args().size
    pin_to(2)
    days = [feed_file(size, day=day) for day in (1, 2)]
    with tempfile.TemporaryDirectory(prefix="near-duplicates-") as folder:
        for line in _measure(Path(folder) / "project", days, size):
            print(line)


def _measure(folder: Path, days: list[Path], size: int) -> list[str]:
    make_project(folder)
    (folder / "imports" / "mirror.yaml").write_text(_mirror())
    _keep(folder, "off")
    put_feed(folder, days[0])
    first = [_command(folder, "run", name, "--quiet", "--json", expected=(0, 1)) for name in _IMPORTS]
    _keep(folder, "mark")
    found = _command(folder, "near-duplicates", "find", "--json")
    (counted,) = json.loads(found.output).values()
    index = sum(file.stat().st_size for file in (folder / ".jobpipe" / "near-duplicates").iterdir())
    put_feed(folder, days[1])
    spare = folder.with_name("spare")
    shutil.copytree(folder, spare)
    compared = _command(folder, "run", "mirror", "--quiet", "--json", expected=(0, 1))
    _keep(spare, "off")
    plain = _command(spare, "run", "mirror", "--quiet", "--json", expected=(0, 1))
    both = sum(one.cpu for one in first)
    return [
        f"first imports of 2 × {size:,}: {both:.1f} s of CPU, {max(one.peak for one in first):.0f} MB",
        (
            f"compared at once: {found.wall:.1f} s, {found.cpu:.1f} s of CPU ({found.cpu / both:.0%} of the imports'), "
            f"{2 * size / found.wall:,.0f} postings/s, {found.peak:.0f} MB; {counted['found']:,} pairs"
        ),
        f"index: {index / 1e6:.0f} MB, {index / 2 / size:.0f} bytes a posting",
        (
            f"second day of one: {compared.wall:.1f} s with comparison, {plain.wall:.1f} s without "
            "(which takes the marks back)"
        ),
    ]


def _mirror() -> str:
    """The same offers with references of its own, and no address."""
    lines = definition("xml").replace("import: offers", "import: mirror").splitlines()
    kept = [line for line in lines if not line.strip().startswith(("url:", "apply_url:"))]
    return "\n".join(kept).replace("reference:     reference", "reference:     id") + "\n"


def _keep(folder: Path, policy: str) -> None:
    (folder / "jobpipe.yaml").write_text(f"near_duplicates: {{keep: {policy}}}\n")


def _command(folder: Path, *arguments: str, expected: tuple[int, ...] = (0,)) -> Measured:
    command = [sys.executable, "-m", "jobpipe.cli.main", "-C", str(folder), *arguments]
    return measure(command, folder=folder, expected=expected)


if __name__ == "__main__":
    main()
