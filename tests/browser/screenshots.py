"""`python tests/browser/screenshots.py DIR`: a picture of every page, light and dark, as an admin and as a client."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent.parent / "src")]


def main(folder: Path) -> None:
    from browser import chromium
    from browsing import person
    from living_project import living

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made, living(Path(made) / "project") as project, chromium() as chrome:
        for name in ("ann-admin", "ann-client"):
            for scheme in ("light", "dark"):
                with person(chrome, project, name, color_scheme=scheme) as who:
                    for address in project.addresses[name]:
                        who.go(address)
                        # What is loaded after the page.
                        who.page.wait_for_timeout(300)
                        shown = address.partition("?")[0].strip("/").replace("/", "-") or "overview"
                        who.page.screenshot(path=folder / f"{name}-{shown}-{scheme}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
