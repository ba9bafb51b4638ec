"""The commands by what they are for: what `jobpipe --help` lists and the reference has.

A command's module is `jobpipe.cli.commands.<command>`, a hyphen being an underscore; the line is its help in the list.
"""

from __future__ import annotations

SECTIONS = {
    "Begin": {
        "init": "Make a project folder, with one import that works at once.",
        "doctor": "Look at the set-up: what is wrong, and what to do.",
        "explain": "Say what the code of an error, or a kind of incident, means.",
        "config": "Show each setting, and where it came from.",
        "completion": "Print what makes a shell complete names.",
    },
    "Write imports": {
        "new": "Write the definition of an import by looking at what is at a URL or in a file.",
        "preview": "Show a few records beside the postings made from them; again at each save.",
        "shell": "Open what a source gave, to try paths on it.",
        "check": "Check definitions without reading a source.",
        "record": "Keep a source's answers as a fixture, with the postings that they must give.",
        "test": "Check definitions against their fixtures: no source, no ledger.",
        "list": "List imports, or those that a selector means.",
        "plan": "Show what a changed definition or mapping would do to the stored postings.",
        "plans": "List plans.",
        "apply": "Apply a plan: do what it says.",
        "steps": "List the steps of a definition, or explain one.",
        "connectors": "List the services that a word in `source` is enough for, or explain one.",
        "schema": "Print the JSON Schema of definitions, for editors.",
    },
    "Run them": {
        "run": "Run imports.",
        "reprocess": "Make the postings again from stored records, under today's definition.",
        "cancel": "End a run that waits or is under way; the next run does the rest.",
        "accept": "Let the expiries of a held run happen.",
        "dismiss": "End a held run with nothing expired.",
        "pause": "Let an import rest; what becomes of its postings is asked.",
        "resume": "Let a paused or removed import run again.",
        "remove": "Give an import up; what becomes of its postings is asked.",
    },
    "See what became of it": {
        "status": "Show every import at a glance: on time, late or down; what is live.",
        "runs": "List the latest runs.",
        "show": "Show one run: its account, its evidence, what to look at.",
        "postings": "List an import's postings.",
        "trace": "Show a posting's whole way: source, record, steps, revisions, deliveries.",
        "quarantine": "List rejected records, with reason and place; try them again after a fix.",
        "near-duplicates": "List jobs that several imports of a client have; keep one, split, undo.",
    },
    "When something is wrong": {
        "incidents": "What went wrong, like errors together: list, acknowledge, mute, assign, resolve.",
        "repair": "Propose the edit of a definition that brings back what a source's new shape has lost.",
        "expectations": "Show what an import's past makes one expect of its next run.",
        "owners": "Who holds which role, and so has which incidents.",
        "notify": "Tell people of incidents: test, preview, send, log.",
        "report": "Tell a publisher what was refused in its feed, at which line, and how to mend it.",
    },
    "Labels and rules": {
        "unmapped": "List labels that no mapping table has, the most frequent first.",
        "map": "Map labels to codes: ask for the most frequent, or set, import, export, undo.",
        "suggest": "Suggest codes of a taxonomy for labels, with a confidence and the reason.",
        "taxonomy": "Load taxonomies, see what a release does before it is applied, roll it back.",
        "override": "Rules above the definitions: leave postings out, set values; with history and undo.",
        "posting": "Show one posting, exclude it everywhere, or override its values, until a day.",
    },
    "Hand postings on": {
        "export": "Write an import's live postings to a file.",
        "deliver": "Send what has changed to destinations.",
        "destinations": "Show destinations: state, how far behind, what each has.",
        "deliveries": "What was sent; let a file go that waits, retry, replay.",
        "preflight": "List the postings that a destination would refuse, why, and whose matter that is.",
    },
    "Operate": {
        "serve": "Run imports when they are due, on this machine; answer how all is.",
        "web": "Serve the interface alone.",
        "scheduler": "Put what is due into a cluster's queue.",
        "worker": "Work for a cluster: transform batches, read sources.",
        "recover": "Take up the runs that dead processes left.",
        "accounts": "Who may use the interface: list, make, give a password, close.",
        "secrets": "Keep secrets sealed in the ledger, for definitions to ask for.",
        "verify": "Look whether ledger, documents and archive agree; put right what does not.",
        "backup": "Copy ledger, documents and archive, while runs are under way.",
        "restore": "Put a backup back, and bring its parts to agree.",
        "erase": "Erase a person's data wherever it is stored, and mask what comes again.",
        "prune": "Remove what is not needed any more: archive, revisions, what is gone.",
    },
}
COMMANDS = {name: about for section in SECTIONS.values() for name, about in section.items()}
# What other tools of this field call them.
ALIASES = {
    "validate": "check",
    "lint": "check",
    "jobs": "postings",
    "offers": "postings",
    "items": "postings",
    "errors": "quarantine",
    "rejected": "quarantine",
    "ls": "list",
    "imports": "list",
    "parse": "preview",
    "crawl": "run",
    "fetch": "run",
    "import": "run",
    "build": "run",
    "schedule": "serve",
    "start": "serve",
    "server": "serve",
    "state": "status",
    "history": "runs",
    "logs": "show",
    "diff": "plan",
    "settings": "config",
    "completions": "completion",
    "add": "new",
    "draft": "new",
    "fix": "repair",
    "stop": "cancel",
    "abort": "cancel",
    "kill": "cancel",
    "sync": "deliver",
    "publish": "deliver",
    "users": "accounts",
}


def nearest(name: str) -> str:
    """The command that was meant by a word that is none; "" = no idea."""
    import difflib

    if name in ALIASES:
        return ALIASES[name]
    # Whole beginnings first: `quar` is nearer to `quarantine` than to `run`.
    begun = [command for command in COMMANDS if len(name) > 2 and command.startswith(name)]
    near = begun or difflib.get_close_matches(name, [*COMMANDS, *ALIASES], n=1)
    return ALIASES.get(near[0], near[0]) if near else ""
