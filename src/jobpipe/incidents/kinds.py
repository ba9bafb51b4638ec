"""The kinds of incidents: a closed list, each with whom it is for, how grave it is, what it means and what to do.

To add one: an entry here, and whoever meets it calls `jobpipe.incidents.recording.record` with its name.  The tables of
the documentation and of `jobpipe incidents kinds` are made from this list.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from jobpipe.definition.roles import Role
from jobpipe.errors import InternalError


class Severity(enum.StrEnum):
    # Something to know.
    INFO = "info"
    # Postings are missing, late or poorer than they should be.
    WARNING = "warning"
    # An import does not work.
    ERROR = "error"
    # Data or promises are at stake.
    CRITICAL = "critical"


class Proof(enum.Enum):
    """What shows that an incident is gone. A run that failed or was skipped never does."""

    # A run that reached the source and succeeded, even if it found it unchanged and read nothing.
    SOURCE_REACHED = "reached"
    # A run that read the source to its end and succeeded, in which it did not happen.
    SOURCE_READ = "read"
    # What is stored: no record of the kind is left in quarantine, or no label without a meaning, when a run succeeds.
    STORED = "stored"
    # Any run that succeeded or was held: the import could be conducted.
    CONDUCTED = "conducted"
    # A person, or whoever recorded it: see `jobpipe.incidents.recording.resolve`.
    TOLD = "told"


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    name: str
    role: Role
    severity: Severity
    # In a few words.
    title: str
    # For the person who has it.
    advice: str
    gone: Proof


_KINDS = (
    # The source ------------------------------------------------------------------------------------
    Kind(
        name="source-unreachable",
        role="source",
        severity=Severity.ERROR,
        title="the source cannot be reached",
        advice="The next run tries again. If it lasts: is the host up, is its name right, is it reached from here?",
        gone=Proof.SOURCE_REACHED,
    ),
    Kind(
        name="source-refused",
        role="source",
        severity=Severity.ERROR,
        title="the source refuses the login",
        advice="Compare `source.auth` and its variables with what the publisher gave; it may have expired.",
        gone=Proof.SOURCE_REACHED,
    ),
    Kind(
        name="source-untrusted",
        role="source",
        severity=Severity.ERROR,
        title="the source cannot be trusted",
        advice="Its certificate or host key is not the expected one: ask the publisher before you accept another.",
        gone=Proof.SOURCE_REACHED,
    ),
    Kind(
        name="source-missing",
        role="source",
        severity=Severity.ERROR,
        title="the source is not there",
        advice="The address answers without the file: ask the publisher for the new one.",
        gone=Proof.SOURCE_REACHED,
    ),
    Kind(
        name="source-changed-shape",
        role="source",
        severity=Severity.ERROR,
        title="the source has another shape than the definition says",
        advice="`jobpipe repair` proposes the edit of the definition; else ask the publisher what has changed.",
        gone=Proof.SOURCE_READ,
    ),
    Kind(
        name="source-damaged",
        role="source",
        severity=Severity.WARNING,
        title="the source could not be read to its end",
        advice="Nothing expires until it is whole again. If it lasts, tell the publisher.",
        gone=Proof.SOURCE_REACHED,
    ),
    Kind(
        name="source-over-limit",
        role="source",
        severity=Severity.ERROR,
        title="the source is larger than a limit allows",
        advice="If it is honestly so large, raise the limit that the message names.",
        gone=Proof.SOURCE_REACHED,
    ),
    Kind(
        name="source-forbidden",
        role="operator",
        severity=Severity.ERROR,
        title="the source leads where job-pipe may not go",
        advice="A private network or a local file was asked for: if that is right, say so with `source.allow`.",
        gone=Proof.SOURCE_REACHED,
    ),
    Kind(
        name="source-held",
        role="source",
        severity=Severity.WARNING,
        title="more postings would expire than the guard allows",
        advice="`jobpipe show RUN` names the run: accept it if they are gone, dismiss it if the source is wrong.",
        gone=Proof.SOURCE_READ,
    ),
    Kind(
        name="source-suspected",
        role="source",
        severity=Severity.WARNING,
        title="the source was read to its end and is not believed",
        advice="A cap or a wrong total: accept the run if it is right, else ask the publisher.",
        gone=Proof.SOURCE_READ,
    ),
    Kind(
        name="source-shrank",
        role="source",
        severity=Severity.WARNING,
        title="many postings are missing",
        advice="They go if the next complete run misses them too.",
        gone=Proof.SOURCE_READ,
    ),
    Kind(
        name="source-flapping",
        role="source",
        severity=Severity.INFO,
        title="postings vanish and come back",
        advice="Absence counts only after many runs as long as this lasts; the publisher may know why.",
        gone=Proof.SOURCE_READ,
    ),
    Kind(
        name="source-in-doubt",
        role="source",
        severity=Severity.ERROR,
        title="no run has been complete for a week",
        advice="Nothing expires until a person decides: accept the run, or mend what keeps it from being complete.",
        gone=Proof.SOURCE_REACHED,
    ),
    Kind(
        name="source-odd",
        role="source",
        severity=Severity.INFO,
        title="something about the source is odd",
        advice="Nothing is lost; the message says what was found.",
        gone=Proof.SOURCE_READ,
    ),
    Kind(
        name="source-not-put-away",
        role="operator",
        severity=Severity.WARNING,
        title="files that were read could not be deleted or moved",
        advice="The next run tries again; check the rights of the login.",
        gone=Proof.SOURCE_REACHED,
    ),
    Kind(
        name="key-repeats",
        role="developer",
        severity=Severity.WARNING,
        title="the key does not identify postings",
        advice="Name the fields that do with `key`: the message says which would.",
        gone=Proof.SOURCE_READ,
    ),
    # Records ---------------------------------------------------------------------------------------
    Kind(
        name="record-malformed",
        role="source",
        severity=Severity.WARNING,
        title="records are malformed",
        advice="`jobpipe quarantine show` shows them with their place; the publisher must mend them.",
        gone=Proof.STORED,
    ),
    Kind(
        name="posting-invalid",
        role="source",
        severity=Severity.WARNING,
        title="records make no valid posting",
        advice="Mend the definition (`jobpipe repair` where the source has changed) and `jobpipe quarantine retry`, or "
        "tell the publisher what is missing.",
        gone=Proof.STORED,
    ),
    Kind(
        name="hook-failed",
        role="developer",
        severity=Severity.ERROR,
        title="a step of hooks.py fails",
        advice="Mend hooks.py, then `jobpipe quarantine retry`.",
        gone=Proof.STORED,
    ),
    Kind(
        name="record-killed-worker",
        role="developer",
        severity=Severity.ERROR,
        title="records end the process that transforms them",
        advice="They are in quarantine; a step needs too much memory or time for them, or a hook ends the process.",
        gone=Proof.STORED,
    ),
    Kind(
        name="record-met-bug",
        role="developer",
        severity=Severity.ERROR,
        title="a fault of job-pipe keeps records from becoming postings",
        advice="They are in quarantine, whole: report the message with one of the records, and retry after an update.",
        gone=Proof.STORED,
    ),
    Kind(
        name="label-unmapped",
        role="mapping",
        severity=Severity.WARNING,
        title="labels mean nothing",
        advice="`jobpipe unmapped` lists them, `jobpipe map` maps them.",
        gone=Proof.STORED,
    ),
    Kind(
        name="near-duplicate",
        role="source",
        severity=Severity.INFO,
        title="postings look like the same job",
        advice="Look at the pairs and decide.",
        gone=Proof.TOLD,
    ),
    # What the import's past makes one expect: `jobpipe expectations NAME` -----------------------------
    Kind(
        name="fields-gone",
        role="source",
        severity=Severity.ERROR,
        title="postings lack what they had",
        advice="Does the source still give it, under another name? `jobpipe repair` says; else tell the publisher.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="texts-alike",
        role="source",
        severity=Severity.ERROR,
        title="postings have become alike",
        advice="`jobpipe preview` shows what comes: the publisher's export repeats one value.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="texts-damaged",
        role="source",
        severity=Severity.ERROR,
        title="texts are not as they were",
        advice="Another encoding, cut texts, shifted columns, another language? `jobpipe repair` proposes what it can.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="values-shifted",
        role="source",
        severity=Severity.WARNING,
        title="postings have other values than usual",
        advice="Look at some postings: has the source changed its words, or is it so now? Then resolve it.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="count-fell",
        role="source",
        severity=Severity.WARNING,
        title="the source has far fewer postings than usual",
        advice="Is a part of it missing? If it is so now, resolve it: later runs are compared with the new number.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="source-stale",
        role="source",
        severity=Severity.WARNING,
        title="the source has had nothing new for longer than usual",
        advice="Has the publisher's export stopped? It resolves itself with the next new posting.",
        gone=Proof.TOLD,
    ),
    # Runs ------------------------------------------------------------------------------------------
    Kind(
        name="definition-invalid",
        role="developer",
        severity=Severity.ERROR,
        title="the definition is not valid",
        advice="`jobpipe check` says where; nothing is imported until it is right.",
        gone=Proof.CONDUCTED,
    ),
    Kind(
        name="secret-missing",
        role="operator",
        severity=Severity.ERROR,
        title="a secret is not set",
        advice="Set the variable that the message names where runs are made.",
        gone=Proof.CONDUCTED,
    ),
    Kind(
        name="extra-missing",
        role="operator",
        severity=Severity.ERROR,
        title="a part of job-pipe is not installed",
        advice="Install the extra that the message names.",
        gone=Proof.CONDUCTED,
    ),
    Kind(
        name="store-unavailable",
        role="operator",
        severity=Severity.CRITICAL,
        title="the ledger, the documents or the broker cannot be reached",
        advice="Runs go on by themselves when it is back.",
        gone=Proof.CONDUCTED,
    ),
    Kind(
        name="run-interrupted",
        role="operator",
        severity=Severity.WARNING,
        title="a run was interrupted and could not go on",
        advice="The next run reads the source anew; if it happens again, look for what ends the processes.",
        gone=Proof.CONDUCTED,
    ),
    Kind(
        name="run-skipped",
        role="operator",
        severity=Severity.INFO,
        title="runs were skipped because one was under way",
        advice="If it happens often, run the import less often.",
        gone=Proof.CONDUCTED,
    ),
    Kind(
        name="run-failed",
        role="developer",
        severity=Severity.ERROR,
        title="a run failed",
        advice="The message says why; `jobpipe show RUN` shows its account.",
        gone=Proof.CONDUCTED,
    ),
    Kind(
        name="late",
        role="operator",
        severity=Severity.WARNING,
        title="an import has not run when it should have",
        advice="Is the scheduler running? `jobpipe runs` shows the last ones.",
        gone=Proof.CONDUCTED,
    ),
    Kind(
        name="down",
        role="operator",
        severity=Severity.ERROR,
        title="an import has not succeeded for too long",
        advice="Its other incidents say why.",
        gone=Proof.CONDUCTED,
    ),
    # Beyond runs -----------------------------------------------------------------------------------
    Kind(
        name="delivery-refused",
        role="delivery",
        severity=Severity.ERROR,
        title="a destination refuses postings",
        advice="The message is the destination's own; what it refuses is sent again when the posting changes, or by "
        "`jobpipe deliveries retry`.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="destination-down",
        role="delivery",
        severity=Severity.ERROR,
        title="a destination cannot be reached, or lets nobody in",
        advice="It is tried again by itself, and gets then what has changed until then; nothing else waits for it.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="destination-wrong",
        role="developer",
        severity=Severity.ERROR,
        title="the file of a destination is not valid",
        advice="Nothing is sent there until it is mended; what changes meanwhile is sent afterwards.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="snapshot-held",
        role="delivery",
        severity=Severity.ERROR,
        title="a feed would lose many postings at once",
        advice="Its partner keeps the former file until a person says yes (`jobpipe deliveries accept`) or no.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="held-back-source",
        role="source",
        severity=Severity.WARNING,
        title="a destination would refuse postings as their source sends them",
        advice="They are held back there and go everywhere else; the source's publisher can mend them.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="held-back-mapping",
        role="mapping",
        severity=Severity.WARNING,
        title="a destination would refuse postings for want of a mapping",
        advice="They are held back there and go everywhere else; mapping their labels lets them go.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="held-back-definition",
        role="developer",
        severity=Severity.WARNING,
        title="a destination would refuse postings as their definition makes them",
        advice="They are held back there and go everywhere else; the import's definition, or the destination's rules, "
        "can mend them.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="held-back-delivery",
        role="delivery",
        severity=Severity.WARNING,
        title="a destination does not take postings",
        advice="They are held back there and go everywhere else.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="notification-failed",
        role="operator",
        severity=Severity.ERROR,
        title="people are not told: a channel fails",
        advice="`jobpipe notify log` has what waits; it is sent when the channel works again.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="disk-budget",
        role="operator",
        severity=Severity.CRITICAL,
        title="the disk fills up",
        advice="`jobpipe prune` makes room; runs stop before the disk is full.",
        gone=Proof.TOLD,
    ),
    Kind(
        name="bug",
        role="developer",
        severity=Severity.CRITICAL,
        title="job-pipe itself failed",
        advice="`jobpipe incidents show ID` has the traceback and the versions to report it with.",
        gone=Proof.CONDUCTED,
    ),
)

KINDS: dict[str, Kind] = {kind.name: kind for kind in _KINDS}


def kind_named(name: str) -> Kind:
    """Raises InternalError where there is none: whoever records says one of this list."""
    try:
        return KINDS[name]
    except KeyError:
        raise InternalError(f"there is no kind of incident {name!r}") from None


def names_with(*proofs: Proof) -> list[str]:
    return [kind.name for kind in _KINDS if kind.gone in proofs]


# The reason of a rejected record -> its kind.
_OF_REASONS = {
    "malformed": "record-malformed",
    "crash": "record-killed-worker",
    "timeout": "record-killed-worker",
    "hook": "hook-failed",
    "internal": "record-met-bug",
}

# Of what is in quarantine.
RECORD_KINDS = ("posting-invalid", *dict.fromkeys(_OF_REASONS.values()))


def kind_of_reason(reason: str) -> str:
    """Of a rejected record: see `jobpipe.errors.RecordError`. A label that its table refuses is for who maps it."""
    return "label-unmapped" if reason == "unmapped" else _OF_REASONS.get(reason, "posting-invalid")
