"""Where the work is: a text, or city, region, postal code and country in columns of their own."""

from __future__ import annotations

from jobpipe.drafting.columns import Column
from jobpipe.drafting.recognising.recogniser import NEVER, Recogniser, Survey, Weight
from jobpipe.drafting.shapes import (
    is_country,
    is_country_code,
    is_date,
    is_email,
    is_latitude,
    is_longitude,
    is_markup,
    is_number,
    is_place,
    is_postal_code,
    is_region,
    is_town,
    is_url,
    is_yes_or_no,
)


def _cannot_be_a_place(column: Column) -> bool:
    return (
        any(column.share(test) > 0.25 for test in (is_url, is_email, is_date, is_markup, is_yes_or_no))
        or column.length > 160
    )


def _weigh_text(column: Column, survey: Survey) -> Weight | None:
    if _cannot_be_a_place(column) or column.share(is_number) > 0.5:
        return None
    places = column.share(is_place)
    if column.share(is_country) > 0.9 and column.share(is_town) < 0.5:
        return Weight(-2.0, "they are countries")
    hardly = -2.0 if places > 0.03 or survey.is_small else -3.0
    value = 1.5 if places >= 0.8 else 0.8 if places >= 0.5 else -0.5 if places >= 0.2 else hardly
    return Weight(value, f"a place can be read in {places:.0%} of them")


def _weigh_city(column: Column, survey: Survey) -> Weight | None:
    if _cannot_be_a_place(column) or column.share(is_number) > 0.2 or column.length > 60:
        return None
    towns = column.share(is_town)
    value = 1.5 if towns >= 0.75 else 0.5 if towns >= 0.45 else -1.0 if towns >= 0.2 else -2.5
    return Weight(value, f"{towns:.0%} are names of towns")


def _weigh_region(column: Column, survey: Survey) -> Weight | None:
    if _cannot_be_a_place(column) or column.length > 60:
        return None
    regions = column.share(is_region)
    if regions < 0.3 and column.share(is_number) > 0.5:
        return None
    countries = column.share(is_country)
    if countries > 0.9 and regions < 0.5:
        return Weight(-3.0, "they are countries")
    return Weight(0.8 if regions >= 0.5 else -0.3, f"{regions:.0%} are names of regions")


def _weigh_postal_code(column: Column, survey: Survey) -> Weight | None:
    codes = column.share(is_postal_code)
    if codes < 0.6:
        return None
    return Weight(1.0 if codes >= 0.9 else 0.0, f"{codes:.0%} look like postal codes")


def _weigh_country(column: Column, survey: Survey) -> Weight | None:
    countries = column.share(is_country)
    if countries < 0.6:
        return None
    value = 1.5 if countries >= 0.95 else 0.0
    if not survey.is_small and len(column.distinct) > 60:
        value -= 1.5
    if column.share(is_country_code) >= 0.95 and column.length <= 2:
        value += 0.3
    return Weight(value, f"{countries:.0%} are countries")


def _weigh_latitude(column: Column, survey: Survey) -> Weight | None:
    return Weight(1.0, "degrees") if column.share(is_latitude) >= 0.95 else None


def _weigh_longitude(column: Column, survey: Survey) -> Weight | None:
    return Weight(1.0, "degrees") if column.share(is_longitude) >= 0.95 else None


RECOGNISERS = (
    Recogniser("locations.text", _weigh_text, nameless=-2.6, is_list=True),
    Recogniser("locations.city", _weigh_city, nameless=-2.8, is_list=True),
    Recogniser("locations.region", _weigh_region, nameless=NEVER, is_list=True),
    Recogniser("locations.postal_code", _weigh_postal_code, nameless=NEVER, is_list=True),
    Recogniser("locations.country", _weigh_country, nameless=-1.8, is_list=True),
    Recogniser("locations.latitude", _weigh_latitude, nameless=NEVER, is_list=True),
    Recogniser("locations.longitude", _weigh_longitude, nameless=NEVER, is_list=True),
)
