"""Who offers the job: a short name that many records share."""

from __future__ import annotations

from jobpipe.drafting.columns import Column
from jobpipe.drafting.names import pieces
from jobpipe.drafting.recognising.recogniser import NEVER, Recogniser, Survey, Weight
from jobpipe.drafting.shapes import (
    is_contract,
    is_country,
    is_date,
    is_email,
    is_identifier,
    is_markup,
    is_number,
    is_town,
    is_url,
    is_yes_or_no,
)

_EMPLOYER = ("employ", "arbeitgeb", "arbetsgiv", "arbeidsgiv", "arbejdsgiv", "werkgev", "pracodawc", "hiring")


def _weigh_name(column: Column, survey: Survey) -> Weight | None:
    for test in (is_url, is_email, is_date, is_number, is_yes_or_no, is_markup):
        if column.share(test) > 0.2:
            return None
    if column.length > 120 or column.length < 2:
        return None
    value = 0.0
    if column.length > 70:
        value -= 1.5
    if not survey.is_small and column.uniqueness < 0.9:
        value += 0.4
    if column.share(is_town) > 0.6 or column.share(is_country) > 0.6:
        value -= 1.5
    if column.share(is_contract) > 0.6:
        value -= 3.0
    if column.filled < 0.5:
        value -= 0.7
    if any(one in word for word in pieces(" ".join(column.names)) for one in _EMPLOYER):
        # Where there is a company besides, it may be whoever publishes.
        value += 1.0
    return Weight(value, f"{len(column.distinct):,} different names" if not survey.is_small else "")


def _weigh_id(column: Column, survey: Survey) -> Weight | None:
    return Weight(0.0, "numbers or codes") if column.share(is_identifier) > 0.9 and column.length <= 60 else None


RECOGNISERS = (
    Recogniser("company.name", _weigh_name, nameless=NEVER),
    Recogniser("company.id", _weigh_id, nameless=NEVER),
)
