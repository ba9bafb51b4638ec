"""Labels of a source's own: categories, industries, experience, education, skills; language; how many are sought."""

from __future__ import annotations

from jobpipe.drafting.columns import Column
from jobpipe.drafting.names import surroundings_of
from jobpipe.drafting.recognising.recogniser import NEVER, Recogniser, Survey, Weight
from jobpipe.drafting.shapes import (
    is_contract,
    is_date,
    is_email,
    is_language,
    is_markup,
    is_number,
    is_url,
    is_whole,
    is_working_time,
    is_yes_or_no,
)


def _is_no_label(column: Column) -> bool:
    if "description" in surroundings_of(column.names) and column.group:  # the kinds of the parts of a text
        return True
    return any(column.share(test) > 0.2 for test in (is_url, is_email, is_date, is_markup, is_yes_or_no))


def _weigh_category(column: Column, survey: Survey) -> Weight | None:
    if _is_no_label(column) or column.length > 100:
        return None
    value = 0.3
    if column.share(is_number) > 0.5:
        value -= 1.5
    if len(column.rows) >= 10 and column.uniqueness > 0.9:
        value -= 1.5
    if len(column.rows) >= 4 and len(column.distinct) == 1:
        value -= 1.0
    if column.share(is_contract) > 0.6 or column.share(is_working_time) > 0.6:
        value -= 3.0
    return Weight(value, f"{len(column.distinct):,} different labels")


def _weigh_label(column: Column, survey: Survey) -> Weight | None:
    if _is_no_label(column) or column.length > 250:
        return None
    value = 0.2 if column.length <= 100 else -0.6
    if column.share(is_number) > 0.9:
        value -= 1.0
    return Weight(value, f"{len(column.distinct):,} different labels")


def _weigh_skills(column: Column, survey: Survey) -> Weight | None:
    if _is_no_label(column) or column.length > 300:
        return None
    return Weight(0.3 if column.repeats else -0.2, "labels")


def _weigh_language(column: Column, survey: Survey) -> Weight | None:
    return Weight(1.0, "languages") if column.share(is_language) >= 0.9 else None


def _weigh_positions(column: Column, survey: Survey) -> Weight | None:
    if column.share(is_whole) < 0.9 or any(len(text) > 4 for text in column.distinct[:50]):
        return None
    return Weight(0.8, "small numbers")


RECOGNISERS = (
    Recogniser("category", _weigh_category, nameless=NEVER, is_list=True),
    Recogniser("industry", _weigh_label, nameless=NEVER, is_list=True),
    Recogniser("experience", _weigh_label, nameless=NEVER, is_list=True),
    Recogniser("education", _weigh_label, nameless=NEVER, is_list=True),
    Recogniser("skills", _weigh_skills, nameless=NEVER, is_list=True),
    Recogniser("language", _weigh_language, nameless=NEVER),
    Recogniser("positions", _weigh_positions, nameless=NEVER),
)
