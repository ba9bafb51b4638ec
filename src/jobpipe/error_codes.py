"""Every error that a person may see has a code: what it means, an example, what to do.

A code never changes its meaning and is never used again: a test compares this list with `tests/data/error_codes.txt`.
To add one: an entry here, its line there, and the class (or the kind of incident) that has it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    # JP and four digits.
    number: str
    title: str
    meaning: str
    # What one sees.
    example: str
    advice: str


# Definitions and the other files of a project --------------------------------------------------------
_FILES = (
    Code(
        "JP1001",
        "a file of the project is not valid",
        "A definition, a mapping table, a taxonomy, hooks.py or jobpipe.yaml says something that cannot be.",
        "imports/acme.yaml:1:9: the import is named 'acmé' and its file acme.yaml",
        "The message names the line: mend it, then `jobpipe check`. An editor that knows `jobpipe schema` marks it.",
    ),
    Code(
        "JP1002",
        "a file is no YAML",
        "The text cannot be read at all: indentation, a bracket or a quote that is not closed, a tab.",
        "imports/acme.yaml:7:3: a bracket is not closed",
        "Look at the line and the one above it; put texts with `: `, `#`, `{` or `@` into quotes.",
    ),
    Code(
        "JP1003",
        "a word is missing",
        "A definition lacks a word without which nothing can be done.",
        "imports/acme.yaml:1:1: `source` is missing",
        "Add it: the hint shows how. `jobpipe init` makes a definition that has them all.",
    ),
    Code(
        "JP1004",
        "a word is not known",
        "A word, a field of the posting or a part of one is not known there: it is misspelt, or stands too deep.",
        "imports/acme.yaml:5:3: a posting has no field 'titel'",
        "Take the one that the hint names. What the schema does not have goes under `extra`.",
    ),
    Code(
        "JP1005",
        "a value is of another kind than its word takes",
        "A text where a number is wanted, a value that is out of range or not one of those that are allowed.",
        "jobpipe.yaml:1:10: 'many' is not a whole number",
        "The message says what is expected; `true`, `no`, dates and codes with a leading zero need quotes to be texts.",
    ),
    Code(
        "JP1006",
        "a path cannot be read, or is not of this kind of record",
        "XML, JSON and tables have paths of their own; a record of one has no path of another.",
        "imports/acme.yaml:6:14: cannot read the path 'a[' at '['",
        "`jobpipe shell NAME` tries paths on real records; docs/reference/definition.md lists them.",
    ),
    Code(
        "JP1007",
        "a step does not exist, or takes other parameters",
        "The steps of a rule are named, and each has its own parameters.",
        "imports/acme.yaml:6:21: there is no step 'claen'",
        "`jobpipe steps` lists them, `jobpipe steps NAME` explains one and tries it.",
    ),
    Code(
        "JP1008",
        "there is no such mapping table",
        "`map` names a file of `mappings/`, a vocabulary that is built in, or a table of decisions.",
        "imports/acme.yaml:9:26: there is no mapping table 'contracts'",
        "Make mappings/NAME.csv with the columns `label,code`, or take the name that the hint gives.",
    ),
    Code(
        "JP1009",
        "an expression cannot be read",
        "`keep`, `closed` and the rules of clients are expressions over `posting` and `record`.",
        "imports/acme.yaml:12:7: unexpected end of the expression",
        "Compare with docs/reference/definition.md; put the whole expression into quotes.",
    ),
    Code(
        "JP1010",
        "a variable has no value here",
        "A definition asks for ${NAME}, which neither the environment nor the sealed secrets have.",
        "imports/acme.yaml:3:9: the environment variable ACME_PASSWORD is not set",
        "Set it where job-pipe runs, or seal it: `jobpipe secrets set NAME`.",
    ),
    Code(
        "JP1011",
        "a connector is asked for in a way that it does not know",
        "`source: {greenhouse: acme}` needs no more; each connector takes its own words.",
        "imports/acme.yaml:2:9: greenhouse needs the name of a board",
        "`jobpipe connectors NAME` explains it.",
    ),
    Code(
        "JP1012",
        "a rule above a definition is not valid",
        "What an override says cannot be done to a posting.",
        "rule:1:19: a posting has no field 'titel'",
        "The mark under the rule shows what is meant; `jobpipe override --help` has examples.",
    ),
    Code(
        "JP1013",
        "the key for sealed secrets is missing or another",
        "Secrets of the ledger can be opened only with the key that sealed them.",
        "no key opens the secret ACME_PASSWORD",
        "Give JOBPIPE_KEY the former key, or set the secrets anew: `jobpipe secrets set NAME`.",
    ),
    Code(
        "JP1014",
        "a draft asks for a variable that it may not send",
        "A definition that is written in a browser names sealed secrets, those of `open_variables`, and what the file"
        " of the import asks for already, at the same hosts.",
        "imports/acme.yaml:3:9: DATABASE_PASSWORD is no sealed secret, and the file of this import does not ask for it",
        "Seal what the source needs: `jobpipe secrets set NAME`; or write the definition into the project's folder.",
    ),
)
# Sources ---------------------------------------------------------------------------------------------
_SOURCES = (
    Code(
        "JP2001",
        "a source cannot be read",
        "It could not be reached, or gave something else than the definition says. What is live stays live.",
        "https://example.org/jobs.xml: the answer is an HTML page",
        "`jobpipe preview NAME` asks it again, `-v` shows each request.",
    ),
    Code(
        "JP2002",
        "a server refuses",
        "The server answered, and will not give it: a wrong login, a forbidden or missing page.",
        "https://example.org/jobs.xml: HTTP 401",
        "Compare `source.auth` and its variables with what the publisher gave; ask whether the address has moved.",
    ),
    Code(
        "JP2003",
        "a server is in trouble for the moment",
        "It answered with an error of its own, or asked to be left alone; it was asked several times.",
        "https://example.org/jobs.xml: HTTP 503",
        "The next run tries again. If it lasts, tell the publisher.",
    ),
    Code(
        "JP2004",
        "a host was left alone",
        "It had just failed several times in a row, for this import or another one.",
        "example.org has failed 3 times: it is not asked for 60 s",
        "Wait; `hosts` in jobpipe.yaml says how often and for how long.",
    ),
    Code(
        "JP2005",
        "a source leads where job-pipe may not go",
        "A redirect, a link or the address itself leads into a private network or to this machine.",
        "http://10.0.0.7/jobs.xml is an address of a private network",
        "If that is right, say so: `source.allow`, or `allow` in jobpipe.yaml.",
    ),
    Code(
        "JP2006",
        "an input is larger than a limit allows",
        "More bytes, a larger record or a stronger compression than is honest for a feed.",
        "feed.xml.gz: more than 4 GB after unpacking",
        "If it is honestly so large, raise the limit that the message names: `source.limits`.",
    ),
    Code(
        "JP2007",
        "an input ends too early",
        "A compressed file is cut off. What came before is imported, and nothing expires.",
        "feed.xml.gz ends within its compressed data",
        "The next run reads it again. If it lasts, tell the publisher.",
    ),
    Code(
        "JP2008",
        "a source changed while it was read",
        "A download was taken up again and the bytes are others by now; the run begins anew.",
        "the source gives other records than it did before the interruption",
        "Nothing, unless it happens in each run: then ask the publisher to write the file beside and rename it.",
    ),
)
# Runs and stores -------------------------------------------------------------------------------------
_RUNS = (
    Code(
        "JP3001",
        "something that a run needs is out of reach",
        "Nothing is wrong with the run: it is left as it is and goes on later.",
        "the store of documents does not answer",
        "`jobpipe doctor` looks at the set-up; the next `jobpipe run` or `recover` takes the run up.",
    ),
    Code(
        "JP3002",
        "the ledger is out of reach",
        "The database of runs (SQLite or PostgreSQL) cannot be opened or does not answer.",
        "the ledger does not answer: connection refused",
        "Is the server up, is `cluster.ledger` right, is there room on the disk?",
    ),
    Code(
        "JP3003",
        "the documents are out of reach",
        "The store of postings (SQLite or MongoDB) cannot be opened or does not answer.",
        "the documents do not answer: no primary",
        "Is the server up, is `cluster.documents` right, is there room on the disk?",
    ),
    Code(
        "JP3004",
        "the archive is out of reach",
        "The folder that keeps the bytes of sources cannot be written or read.",
        ".jobpipe/archive/acme: permission denied",
        "May the user who runs job-pipe read and write it, and is there room?",
    ),
    Code(
        "JP3005",
        "the disk is nearly full",
        "Runs stop before a full disk breaks something else; nothing is lost.",
        "less than 500 MB are free",
        "Make room, `jobpipe prune`, or change `disk` in jobpipe.yaml; then run again.",
    ),
    Code(
        "JP3006",
        "another process has this import",
        "An import is run by one process at a time.",
        "acme is running: run 17",
        "Wait for its end: `jobpipe runs acme`.",
    ),
    Code(
        "JP3007",
        "the lease of an import was lost",
        "This process was slow or asleep, and another may have taken over.",
        "the lease of acme was not renewed in time",
        "Nothing is lost. If it happens often, the machine has too little memory or the database is too slow.",
    ),
    Code(
        "JP3008",
        "another process has taken over",
        "What this one would have written is refused, so that nothing is written twice.",
        "another process has taken over import 3: this one (fence 4) writes no more of it",
        "Nothing: the other process goes on.",
    ),
    Code(
        "JP3009",
        "the broker is out of reach",
        "RabbitMQ does not answer; runs are left as they are and go on when it is back.",
        "amqp://…@broker:5672 does not answer",
        "Is the server up, and is `cluster.broker` right?",
    ),
    Code(
        "JP3010",
        "no worker fits",
        "Every worker that took a batch has another hooks.py than the project.",
        "every worker has another hooks.py",
        "Bring the project's files to the workers and start them again.",
    ),
    Code(
        "JP3011",
        "another process delivers there now",
        "A delivery is made by one process at a time; this one stops.",
        "another process has taken over the delivery to partner",
        "Nothing: the other process goes on.",
    ),
    Code(
        "JP3012",
        "what job-pipe works with is not as it must be",
        "A package that is an extra is not installed, a database is of another version, a file cannot be written.",
        "parquet needs an extra",
        "The message says what is missing; `jobpipe doctor` looks at the set-up.",
    ),
)
# How job-pipe is used --------------------------------------------------------------------------------
_USE = (
    Code(
        "JP4001",
        "this cannot be done so",
        "A command or a request names something that is not there, or asks for what cannot be.",
        "this project has no import 'acm'",
        "The hint says what is near, or which command does it; `jobpipe COMMAND --help` has examples.",
    ),
    Code(
        "JP4002",
        "a plan is out of date",
        "Something that it was made from is another by now.",
        "plan 4: run 12 has changed acme since",
        "Make it again: `jobpipe plan NAME`.",
    ),
    Code(
        "JP4003",
        "somebody else has decided meanwhile",
        "A rule, a label, a release or a draft is another than the one that was looked at.",
        "override 12 was changed by another person",
        "Look again, then decide.",
    ),
    Code(
        "JP4004",
        "a key of a request was used for something else",
        "The same idempotency key came with other content.",
        "the key 8f2c was used for other records",
        "Give each batch a key of its own, and the same key only to the same batch.",
    ),
    Code(
        "JP4005",
        "an answer took too long",
        "A page stopped waiting; the work goes on by itself.",
        "the preview takes longer than 20 s",
        "Look again in a moment, or ask in a terminal: `jobpipe preview NAME`.",
    ),
)
# Handing postings on ---------------------------------------------------------------------------------
_DELIVERIES = (
    Code(
        "JP5001",
        "something did not get through to a destination",
        "A batch or a file was not taken as a whole; it is sent again by itself.",
        "partner: HTTP 500",
        "`jobpipe deliveries` shows what waits, `jobpipe destinations` how far each is behind.",
    ),
    Code(
        "JP5002",
        "a destination cannot be reached",
        "It does not answer. It gets what has changed until then when it is back; nothing else waits for it.",
        "partner: connection refused",
        "Is its address right, and is it up?",
    ),
    Code(
        "JP5003",
        "nobody knows whether a destination has it",
        "The connection was lost after something was sent; it is sent again with the same key.",
        "partner: the answer never came",
        "Nothing, where the partner knows keys; otherwise look there before `jobpipe deliveries retry`.",
    ),
    Code(
        "JP5004",
        "a destination refuses",
        "It took notice of what was sent and will not have it.",
        "partner: HTTP 422: no salary",
        "`jobpipe preflight DESTINATION` shows what it would refuse, and whose matter that is.",
    ),
    Code(
        "JP5005",
        "a destination lets nobody in",
        "The login is refused.",
        "partner: HTTP 401",
        "Compare `to.auth` and its variables with what the partner gave.",
    ),
    Code(
        "JP5006",
        "a destination asks to wait",
        "It takes no more for the moment, and gets the rest later.",
        "partner: HTTP 429, again in 60 s",
        "Nothing; `rate` in its file says how fast it is asked.",
    ),
    Code(
        "JP5007",
        "a message to people could not be sent",
        "A channel of notifications fails; what waits is sent when it works again.",
        "the mail server does not answer",
        "`jobpipe notify test` tries a channel, `jobpipe notify log` has what waits.",
    ),
)
# Records ---------------------------------------------------------------------------------------------
_RECORDS = (
    Code(
        "JP6001",
        "a record cannot become a posting",
        "It is kept in quarantine with its reason and its place; the records around it are imported, and its posting "
        "of yesterday stays live.",
        "record 120, field posted_at: '31/02/2026' is no date",
        "`jobpipe quarantine NAME` lists them. After a fix of the definition: `jobpipe quarantine retry NAME`.",
    ),
)
# job-pipe itself -------------------------------------------------------------------------------------
_OWN = (
    Code(
        "JP9001",
        "job-pipe itself failed",
        "A fault of job-pipe, not of your data. What was stored before is whole.",
        "job-pipe itself failed: KeyError: 'x'",
        "The same command with --traceback shows where; report that with the version (`jobpipe --version`).",
    ),
    Code(
        "JP9002",
        "the system refuses something",
        "The disk is full or read-only, a file may not be read or written, too many files are open.",
        ".jobpipe/ledger.sqlite3: permission denied",
        "The hint says what; nothing that was written before is lost.",
    ),
)
CODES: dict[str, Code] = {
    code.number: code for codes in (_FILES, _SOURCES, _RUNS, _USE, _DELIVERIES, _RECORDS, _OWN) for code in codes
}
# Incidents: the kinds themselves, with their advice, are in `jobpipe.incidents.kinds`.
CODES_OF_KINDS = {
    "source-unreachable": "JP7001",
    "source-refused": "JP7002",
    "source-untrusted": "JP7003",
    "source-missing": "JP7004",
    "source-changed-shape": "JP7005",
    "source-damaged": "JP7006",
    "source-over-limit": "JP7007",
    "source-forbidden": "JP7008",
    "source-held": "JP7009",
    "source-suspected": "JP7010",
    "source-shrank": "JP7011",
    "source-flapping": "JP7012",
    "source-in-doubt": "JP7013",
    "source-odd": "JP7014",
    "source-not-put-away": "JP7015",
    "key-repeats": "JP7101",
    "record-malformed": "JP7102",
    "posting-invalid": "JP7103",
    "hook-failed": "JP7104",
    "record-killed-worker": "JP7105",
    "record-met-bug": "JP7106",
    "label-unmapped": "JP7107",
    "near-duplicate": "JP7108",
    "fields-gone": "JP7201",
    "texts-alike": "JP7202",
    "texts-damaged": "JP7203",
    "values-shifted": "JP7204",
    "count-fell": "JP7205",
    "source-stale": "JP7206",
    "definition-invalid": "JP7301",
    "secret-missing": "JP7302",
    "extra-missing": "JP7303",
    "store-unavailable": "JP7304",
    "run-interrupted": "JP7305",
    "run-skipped": "JP7306",
    "run-failed": "JP7307",
    "late": "JP7308",
    "down": "JP7309",
    "delivery-refused": "JP7401",
    "destination-down": "JP7402",
    "destination-wrong": "JP7403",
    "snapshot-held": "JP7404",
    "held-back-source": "JP7405",
    "held-back-mapping": "JP7406",
    "held-back-definition": "JP7407",
    "held-back-delivery": "JP7408",
    "notification-failed": "JP7501",
    "disk-budget": "JP7502",
    "bug": "JP7503",
}
SECTIONS = {
    "JP1": "Definitions and other files",
    "JP2": "Sources",
    "JP3": "Runs and stores",
    "JP4": "Use",
    "JP5": "Handing postings on",
    "JP6": "Records",
    "JP9": "job-pipe itself",
}


def in_sections() -> Iterator[tuple[str, list[Code]]]:
    """(Title, its codes), in their order."""
    for prefix, title in SECTIONS.items():
        yield title, [code for code in CODES.values() if code.number.startswith(prefix)]
