"""Every page of the interface, by whose work it is: what `docs/reference/pages.md` shows, and `make pictures` takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

IMAGES = Path(__file__).parent / "images"
THEMES = {"light": "", "dark": "-dark"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    # Of its files in `images/`.
    name: str
    title: str
    # What the page is for.
    words: str
    # The name of its route; "" = what a page shows after something was done.
    route: str = ""
    # Whose account looks; "" = nobody's.
    who: str = "ann-admin"
    # As on a telephone, too.
    is_narrow: bool = False

    def file(self, kind: str) -> Path:
        """`kind`: light, dark or narrow."""
        return IMAGES / f"{self.name}{THEMES.get(kind, f'-{kind}')}.webp"

    def kinds(self) -> tuple[str, ...]:
        return (*THEMES, "narrow") if self.is_narrow else tuple(THEMES)


def _of(*pictures: tuple[str, str, str, str], who: str = "ann-admin", narrow: tuple[str, ...] = ()) -> list[Picture]:
    """Each a route, a name, a title and words."""
    return [
        Picture(name=name, title=title, words=words, route=route, who=who, is_narrow=name in narrow)
        for route, name, title, words in pictures
    ]


# By whose work it is.
PICTURES: dict[str, list[Picture]] = {
    "Everybody": _of(
        ("entry.welcome", "welcome", "Welcome", "Nobody has an account yet: the code of the terminal makes the first."),
        ("", "first-steps", "First steps", "Nothing is imported yet: the three steps to a first import."),
        ("entry.login", "login", "Log in", "By name and password, then by a code where there is a second factor."),
        ("accounts.password", "password", "Set a password", "Where the link leads that an admin hands out, once."),
        ("account.show", "account", "Your account", "Password, second factor, language, and where you are logged in."),
        ("account_tokens.index", "tokens", "API tokens", "For programs that ask in your name; each is shown once."),
        ("find", "find", "Find anything", "A few letters, and what may be meant; where it is clear, they lead there."),
        ("", "not-there", "Not there", "Whatever is not there, or is not yours to see."),
    ),
    "Operators": _of(
        ("overview", "overview", "Overview",
         "What waits for somebody, what runs, what is next, and each import's runs."),
        ("imports.show_list", "imports", "Imports", "All of them, by state and client, the worst first."),
        ("imports.show", "import", "An import",
         "Its runs over time, what is live, its fields, its incidents; run or pause it."),
        ("imports.show_history", "import-history", "Its history", "Who decided, planned and changed what of it."),
        ("workers.show_workers", "workers", "Workers", "Who works on what, since when, and what waits for room."),
        ("notifications.show", "notifications", "Notifications",
         "Who is told of what and by which way, what was sent, and a test of it."),
        ("schedules.show_schedules", "schedules", "Schedules",
         "When each import runs next, and what became of the last times."),
        ("runs.show_list", "runs", "Runs", "All of them, by import, state, kind and day."),
        ("runs.show", "held-run", "A held run",
         "Its account, what it waits for, what would expire; accept or dismiss."),
        ("", "live-run", "A run under way", "How far each stage is, how fast, and how long it may take still."),
        ("runs.show_changes", "run-changes", "Its changes", "Each posting that came, went or changed, field by field."),
        ("runs.show_rejected", "run-rejected", "What it rejected", "Each record whole, with its reason and its place."),
        ("runs.show_log", "run-log", "Its log", "What it said in its order, by level and stage; live while it goes."),
        ("incidents.show_list", "incidents", "Incidents", "An inbox by person and role, like kinds together."),
        ("incidents.show", "incident", "An incident", "What it means, what to do, its samples, why it is one group."),
        ("postings.search", "postings", "Postings", "Search by words and by what postings are."),
        ("postings.show", "posting", "A posting", "How each field came about, its record, its revisions, where it is."),
        ("destinations", "destinations", "Destinations", "Where postings go: state, lag, what is refused."),
        ("destinations.show_destination", "destination", "A destination",
         "Its errors, deliveries and very file; send again."),
        ("destinations.preflight", "preflight", "Preflight",
         "What a destination would refuse, by rule, and whose matter it is."),
        ("destinations.show_delivery", "delivery", "A delivery",
         "Its receipt: when, how many, which files, what was said."),
        narrow=("overview", "held-run", "incident"),
    ),
    "Account managers": _of(
        ("mappings.show_queue", "mappings", "Labels that mean nothing yet",
         "The most frequent first, with suggestions; by keyboard."),
        ("", "mapping-effect", "What they change",
         "How many postings of which imports get another meaning; then save."),
        ("mappings.show_tables", "mapping-tables", "Tables", "What people decided, and of one import all layers."),
        ("mappings.show_coverage", "mapping-coverage", "Coverage",
         "How many of the labels of live postings have a meaning."),
        ("mappings.show_history", "mapping-history", "History and undo",
         "Who decided what; each decision can be taken back."),
        ("mappings.import_csv", "mapping-csv", "CSV in and out",
         "Decisions as a file, its effect shown before it counts."),
        ("rules.show_rules", "rules", "Rules", "What lies above definitions, by scope, tried before it is saved."),
        ("rules.show_history", "rule-history", "History of rules",
         "Undo of one, and the way back to all rules of a moment."),
        ("clients.show_clients", "clients", "Clients", "The worst state of each, what is live; look at it as they do."),
        narrow=("mappings",),
    ),
    "Developers": _of(
        ("new_import.new", "new-import", "New import", "An address or a file; its first records draft the definition."),
        ("draft_answers.answers", "questions", "Its questions",
         "What only a person can say of it, with no line of YAML."),
        ("definitions.show", "definition", "A definition", "As it is, with what is wrong with it, and its last plans."),
        ("definitions.draft", "draft", "A draft",
         "Another definition, checked as one types, with a preview on real records."),
        ("plans.show", "plan", "A plan", "What it would change of all that is stored, before it is applied."),
    ),
    "Clients": _of(
        ("clients.show_home", "client-space", "Your job offers",
         "What is online, what came and went, when each source is read."),
        ("clients.show_refused", "client-refused", "Refused", "Why, how to mend it, and at which line of their file."),
        ("client_decisions.show_labels", "client-labels", "Words we do not know",
         "Their words, suggestions, and what changes."),
        ("client_decisions.show_rules", "client-rules", "Rules",
         "Theirs, each tried on stored offers before it counts."),
        ("client_decisions.show_offers", "client-offers", "Take an offer down",
         "By its reference, at once, until a day or for good."),
        ("clients.show_settings", "client-reports", "Reports", "Who gets the mail about refused offers, and when."),
        who="ann-client",
        narrow=("client-space",),
    ),
    "Admins": _of(
        ("accounts.index", "accounts", "Accounts", "Who may log in, and what as; make one."),
        ("accounts.one", "one-account", "An account", "Its role and clients, a new password, its sessions; close it."),
        ("audit.index", "audit", "Audit", "Who did what, when and from where."),
    ),
}  # fmt: skip


def all_pictures() -> list[Picture]:
    return [picture for pictures in PICTURES.values() for picture in pictures]


_HEAD = """\
# Every page

What each page of the interface is for, by whose work it is; [how to work with them](../how-to/interface.md) is another
page. What an account may not see is not there for it. `make pictures` takes these, of a project that does not exist.
"""


def pages_page() -> str:
    lines = [_HEAD]
    for whose, pictures in PICTURES.items():
        lines.append(f"## {whose}\n")
        for one in pictures:
            heads = [kind if kind != "narrow" else "on a telephone" for kind in one.kinds()]
            shown = [
                f"![{one.title}, {head}](../images/{one.file(kind).name})"
                for head, kind in zip(heads, one.kinds(), strict=True)
            ]
            lines += [
                f"### {one.title}\n",
                f"{one.words}\n",
                _row(heads),
                _row(["---"] * len(heads)),
                f"{_row(shown)}\n",
            ]
    return "\n".join(lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
