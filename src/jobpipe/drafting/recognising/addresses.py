"""The pages of an offer: where it is shown, and where to apply."""

from __future__ import annotations

from jobpipe.drafting.columns import Column
from jobpipe.drafting.names import speaks_of_a_person
from jobpipe.drafting.recognising.recogniser import NEVER, Recogniser, Survey, Weight
from jobpipe.drafting.shapes import is_email, is_image, is_url


def _weigh_url(column: Column, survey: Survey) -> Weight | None:
    if column.share(is_url) < 0.85 or column.share(is_image) > 0.2 or speaks_of_a_person(column.names[-1]):
        return None
    value = 0.5
    if column.filled < 0.9:
        value -= 1.0
    return Weight(value + _of_uniqueness(column, survey), f"addresses of pages, {column.uniqueness:.0%} different")


def _weigh_apply(column: Column, survey: Survey) -> Weight | None:
    addresses = column.share(is_url) + column.share(is_email)
    if addresses < 0.85 or column.share(is_image) > 0.2:
        return None
    return Weight(0.5, "addresses of pages or of mail")


def _of_uniqueness(column: Column, survey: Survey) -> float:
    if survey.is_small:
        return 0.3 if column.uniqueness == 1 else -1.5
    if column.uniqueness >= 0.95:
        return 1.5
    return 0.0 if column.uniqueness >= 0.6 else -2.5


def _weigh_site(column: Column, survey: Survey) -> Weight | None:
    if column.share(is_url) < 0.85 or column.share(is_image) > 0.2:
        return None
    return Weight(0.5 if survey.is_small or column.uniqueness < 0.9 else -1.0, "addresses of sites")


def _weigh_logo(column: Column, survey: Survey) -> Weight | None:
    if column.share(is_url) < 0.85:
        return None
    return Weight(0.8 if column.share(is_image) > 0.5 else 0.0, "addresses of images")


RECOGNISERS = (
    Recogniser("url", _weigh_url, shares_with=frozenset({"reference"}), nameless=-1.2),
    Recogniser("apply_url", _weigh_apply, nameless=NEVER),
    Recogniser("company.url", _weigh_site, nameless=NEVER),
    Recogniser("company.logo", _weigh_logo, nameless=NEVER),
)
