"""Near-duplicates: whether two postings of two sources are one job, why, and which of a group is kept.

Precision comes before recall: two openings taken for one cost an applicant, one job shown twice costs a line.
Pure functions over postings; where they are found and what becomes of them is `jobpipe.runs.near_duplicates`.
"""

from jobpipe.lifecycle.near_duplicates.grouping import Member, Pair, groups_of
from jobpipe.lifecycle.near_duplicates.judging import Judgement, judge
from jobpipe.lifecycle.near_duplicates.profile import Profile, profile_of
from jobpipe.lifecycle.near_duplicates.signs import INDEX_VERSION, Signs, signs_of, signs_without_text

__all__ = [
    "INDEX_VERSION",
    "Judgement",
    "Member",
    "Pair",
    "Profile",
    "Signs",
    "groups_of",
    "judge",
    "profile_of",
    "signs_of",
    "signs_without_text",
]
