"""`make demo`: three days of a job board, imported as a client would give them, over HTTP."""

from __future__ import annotations

from pathlib import Path

from showing import DAYS, DemoProject, Feed, say, serve

FOLDER = Path("demo-project")


def main() -> None:
    serve()
    project = DemoProject(FOLDER)
    project.make()
    for day in DAYS:
        say(day.title)
        Feed.exports["/offres.xml"] = day.export()
        project.run("board", code=day.code)
        project.check_last_account()
    say("What was rejected, and why")
    project.jobpipe("quarantine", "board")
    say("Exports")
    for name in ("jsonl", "csv", "indeed"):
        suffix = "xml" if name == "indeed" else name
        project.jobpipe("export", "board", "--as", name, "--to", str(FOLDER / f"board.{suffix}"))
    say("What to try next")
    print(
        f"  jobpipe -C {FOLDER} postings board --search infirmier\n"
        f"  jobpipe -C {FOLDER} runs\n"
        f"  jobpipe -C {FOLDER} dismiss 3            # nothing expires; `accept 3` lets it happen\n"
        f"  jobpipe -C {FOLDER} run live-board       # a public board, where there is internet\n"
        f"  jobpipe init my-jobs                      # your own project\n"
        f"To see all of it in a browser: `jobpipe -C {FOLDER} serve`, and open the address that it says: that\n"
        f"makes your account. Run 3 waits there for somebody, and labels wait for their meaning.\n"
        f"The definition is {FOLDER}/imports/board.yaml; the command lies in .venv/bin."
    )


if __name__ == "__main__":
    main()
