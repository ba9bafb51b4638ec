"""Kind of contract, working time and place of work: labels whose words the steps of that name know."""

from __future__ import annotations

from jobpipe.drafting.columns import Column
from jobpipe.drafting.recognising.recogniser import NEVER, Recogniser, Survey, Weight
from jobpipe.drafting.shapes import is_contract, is_number, is_remote, is_url, is_working_time, is_yes_or_no

# One column says both in many feeds: jobtype, employmentType.
_BOTH = frozenset({"contract", "working_time"})


def _is_of_work(text: str) -> bool:
    return is_contract(text) or is_working_time(text)


def _weigh_contract(column: Column, survey: Survey) -> Weight | None:
    known = column.share(is_contract)
    if known == 0 or column.length > 150 or column.share(is_url):
        return None
    return Weight(_of_words(column, known), f"{known:.0%} are kinds of contracts")


def _weigh_working_time(column: Column, survey: Survey) -> Weight | None:
    known = column.share(is_working_time)
    if known == 0 or column.length > 150 or column.share(is_url) or column.share(is_number) > 0.5:
        return None
    few = known >= 0.95 and len(column.distinct) <= 12 and column.filled >= 0.5 and len(column.rows) > 3
    # "Full time" means nothing else, whatever stands above it.
    return Weight(_of_words(column, known) + (1.2 if few else 0.0), f"{known:.0%} are working times")


def _of_words(column: Column, known: float) -> float:
    both = column.share(_is_of_work)
    if column.length > 45:  # prose has words for contracts, too
        return -2.0
    if known >= 0.6:
        return 1.5
    if both >= 0.75:
        return 0.8
    return -0.3 if both >= 0.4 else -2.0


def _weigh_remote(column: Column, survey: Survey) -> Weight | None:
    known, truths = column.share(is_remote), column.share(is_yes_or_no)
    if known + truths < 0.4 or column.length > 80:
        return None
    if truths > 0.5 and set(column.distinct) <= {"0", "1"}:
        return Weight(-0.5, "1 or 0")
    return Weight(
        1.0 if max(known, truths) >= 0.8 else 0.0, "yes or no" if truths > 0.5 else f"{known:.0%} are known words"
    )


RECOGNISERS = (
    Recogniser("contract", _weigh_contract, shares_with=_BOTH, nameless=-1.6, is_list=True),
    Recogniser("working_time", _weigh_working_time, shares_with=_BOTH, nameless=-1.6, is_list=True),
    Recogniser("remote", _weigh_remote, nameless=NEVER),
)
