"""What becomes of records and postings: outcomes, evidence, expiry. Pure functions, no store and no clock."""

from jobpipe.lifecycle.outcomes import Decision, Kind, Outcome, decide, kind_of, outcome_of_hit, revive

__all__ = ["Decision", "Kind", "Outcome", "decide", "kind_of", "outcome_of_hit", "revive"]
