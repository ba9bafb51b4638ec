"""Laws over random feeds and random histories: the account, the lifecycle, replays, kills."""

from __future__ import annotations

import tempfile
from pathlib import Path

from engines import examples
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from project_folder import DEFINITION, ProjectFolder, adds_up

from jobpipe.documents.store import Role, Status

# One record of a feed, by what is wrong with it; a title for those that are sound.
KEYS = tuple(f"k{number}" for number in range(8))
TITLES = ("Un", "Deux", "filtrée", "pourvue")
KINDS = ("sound", "sound", "sound", "sound", "malformed", "no title", "no key")

RULES = DEFINITION.replace("  record: offer\n", '  record: offer\n  closed: record.title == "pourvue"\n') + (
    "keep: posting.title != 'filtrée'\nexpire: {guard: 100, misses: 1}\n"
)

# A run takes a while: a failing case is shown as it was found.
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)

records = st.tuples(st.sampled_from(KEYS), st.sampled_from(TITLES), st.sampled_from(KINDS))
feeds = st.lists(records, max_size=14)
# Without records whose key nobody can read: new ones withhold expiries for one run.
readable_feeds = feeds.map(lambda feed: [record for record in feed if record[2] != "no key"])
# Of six keys five can come back at once: where more do, absence counts after ten runs only (decision 1).
sound_feeds = st.lists(st.tuples(st.sampled_from(KEYS[:6]), st.sampled_from(TITLES[:2]), st.just("sound")), max_size=10)


def write(feed: list[tuple[str, str, str]]) -> bytes:
    return ("<offers>\n" + "".join(map(_record, feed)) + "</offers>\n").encode()


def _record(record: tuple[str, str, str]) -> str:
    key, title, kind = record
    if kind == "malformed":
        return f'<offer id="{key}"><title>{title}</titel></offer>\n'
    if kind == "no title":
        return f'<offer id="{key}"><title> </title></offer>\n'
    if kind == "no key":
        return f"<offer><titre>{title}</titre></offer>\n"
    return f'<offer id="{key}"><title>{title}</title></offer>\n'


@settings(max_examples=examples(25), deadline=None, phases=QUICK)
@given(st.lists(feeds, min_size=1, max_size=4))
def test_every_record_is_accounted_for(history: list[list[tuple[str, str, str]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = ProjectFolder(Path(folder) / "project", RULES)
        for feed in history:
            report = project.run(write(feed))
            assert adds_up(report)
            assert report.unchanged or report.account["read"] == len(feed)
            assert report.live == len(project.keys())


class Model:
    """Which keys are live, by the rules alone: the first record of a key counts, what is absent is gone."""

    def __init__(self) -> None:
        self.titles: dict[str, str] = {}
        self.live: set[str] = set()

    def run(self, feed: list[tuple[str, str, str]]) -> dict[str, int]:
        counted = dict.fromkeys(("new", "updated", "unchanged", "duplicate"), 0)
        listed: dict[str, str] = {}
        for key, title, _ in feed:
            if key in listed:
                counted["duplicate"] += 1
                continue
            listed[key] = title
            if key not in self.titles:
                counted["new"] += 1
            elif key not in self.live or self.titles[key] != title:
                counted["updated"] += 1
            else:
                counted["unchanged"] += 1
        self.titles |= listed
        if feed or not self.live:  # a first empty result is held
            self.live = set(listed)
        return counted


@settings(max_examples=examples(25), deadline=None, phases=QUICK)
@given(st.lists(sound_feeds, min_size=1, max_size=6))
def test_over_any_history_the_states_are_those_of_a_simple_model(history: list[list[tuple[str, str, str]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = ProjectFolder(Path(folder) / "project", RULES)
        model = Model()
        numbers: dict[str, int] = {}
        for feed in history:
            report = project.run(write(feed))
            counted = model.run(feed)
            if not report.unchanged:
                assert {name: report.account[name] for name in counted} == counted
            assert project.keys(Status.LIVE) == model.live
            assert project.keys(Status.EXPIRED) == model.titles.keys() - model.live
            for row in project.rows():
                # Whatever comes and goes, a key keeps its number.
                assert numbers.setdefault(row.key, row.row) == row.row


@settings(max_examples=examples(15), deadline=None, phases=QUICK)
@given(readable_feeds, readable_feeds)
# A rejected record names the posting's key before the posting comes, and the posting comes twice.
@example(
    [("k7", "Un", "no title"), ("k7", "Un", "sound")],
    [("k7", "Un", "no title"), ("k7", "Un", "sound"), ("k7", "Un", "sound")],
)
def test_replaying_a_run_changes_nothing(first: list[tuple[str, str, str]], second: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = ProjectFolder(Path(folder) / "project", RULES)
        project.run(write(first))
        project.run(write(second))
        before = project.contents()
        # A comment outside the records: other bytes, the same records.
        report = project.run(write(second) + b"<!-- once more -->")
        assert project.contents() == before
        assert (report.account["new"], report.account["updated"], report.expired) == (0, 0, 0)


@settings(max_examples=examples(15), deadline=None, phases=QUICK)
@given(feeds)
def test_a_rejected_record_is_in_quarantine_until_its_source_has_mended_it(feed: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = ProjectFolder(Path(folder) / "project", RULES)
        report = project.run(write(feed))
        assert len(project.rows(Role.REJECTED)) == report.account["rejected"]
        healed = [(key, title, "sound") for key, title, _ in feed]
        if healed != feed:
            report = project.run(write(healed))
            assert report.account["rejected"] == 0
            assert project.rows(Role.REJECTED) == []
