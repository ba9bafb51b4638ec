"""Secrets come from the environment, and nothing shows them."""

from __future__ import annotations

import pytest

from jobpipe.definition.loading import parse_definition
from jobpipe.definition.secret_values import VariablesError, literal_logins, problems_of_variables, resolve_secrets
from jobpipe.safety.secrets import MASK, Redactor, redact

TEXT = """\
import: acme
source:
  feed: https://example.org/${FEED_ID}/offres.xml?lang=${LANGUAGE:-fr}
  auth: {basic: "${FEED_USER}:${FEED_PASSWORD}"}
  headers: {X-Trace: "${TRACE:-none}"}
posting:
  title: t
"""
VALUES = {"FEED_ID": "a1b2c3d4e5", "FEED_USER": "exemple", "FEED_PASSWORD": "pas-si-facile"}


def test_variables_and_their_defaults_are_put_in() -> None:
    source = resolve_secrets(parse_definition(TEXT, "acme.yaml").definition, VALUES).source
    assert source.feed == "https://example.org/a1b2c3d4e5/offres.xml?lang=fr"
    assert source.auth is not None
    assert source.auth.basic == "exemple:pas-si-facile"
    assert source.headers == {"X-Trace": "none"}


def test_the_definition_itself_never_holds_the_values() -> None:
    definition = parse_definition(TEXT, "acme.yaml").definition
    resolve_secrets(definition, VALUES)
    assert not any(value in definition.model_dump_json() for value in VALUES.values())


def test_nothing_shows_a_value_once_it_is_put_in() -> None:
    resolved = resolve_secrets(parse_definition(TEXT, "acme.yaml").definition, VALUES)
    shown = redact(f"{resolved.source.feed}: refused for {VALUES['FEED_USER']} with {VALUES['FEED_PASSWORD']}")
    assert not any(value in shown for value in VALUES.values())
    assert shown.startswith("https://example.org/")


def test_a_value_that_is_a_variable_itself_is_not_looked_up_again() -> None:
    values = {**VALUES, "FEED_ID": "${FEED_PASSWORD}"}
    source = resolve_secrets(parse_definition(TEXT, "acme.yaml").definition, values).source
    assert (source.feed or "").startswith("https://example.org/${FEED_PASSWORD}/")


def test_every_missing_variable_is_named_with_its_place() -> None:
    loaded = parse_definition(TEXT, "imports/acme.yaml")
    with pytest.raises(VariablesError) as caught:
        resolve_secrets(loaded.definition, {"FEED_USER": "exemple"})
    faults = loaded.errors_of(caught.value.problems).faults
    assert [(fault.spot.line, fault.spot.column, fault.message) for fault in faults] == [
        (3, 9, "the environment variable FEED_ID is not set"),
        (4, 17, "the environment variable FEED_PASSWORD is not set"),
    ]


def test_a_variable_that_no_environment_can_have_is_not_just_missing() -> None:
    text = "import: a\nsource:\n  feed: ${MY FEED}\nposting:\n  title: t\n"
    (problem,) = problems_of_variables(parse_definition(text, "a.yaml").definition, {})
    assert not problem.is_missing


def test_a_login_that_stands_in_the_file_is_found_and_shown_by_nothing() -> None:
    text = (
        "import: a\nsource:\n  feed: https://example.org/a.xml\n  auth: {bearer: un-jeton-ecrit}\n"
        "  headers: {X-Api-Key: cle-ecrite, Accept: text/xml}\nposting:\n  title: t\n"
    )
    definition = parse_definition(text, "a.yaml").definition
    assert literal_logins(definition) == [("source", "auth", "bearer"), ("source", "headers", "X-Api-Key")]
    resolve_secrets(definition, {})
    assert redact("un-jeton-ecrit and cle-ecrite and text/xml") == f"{MASK} and {MASK} and text/xml"


def test_of_a_url_in_a_variable_only_the_host_is_shown() -> None:
    redactor = Redactor(["https://exemple:mot-de-passe@example.org/feeds/8f3e/offres.xml?k=1"])
    shown = redactor.clean("GET https://example.org/feeds/8f3e/offres.xml?k=1: refused for mot-de-passe")
    assert shown.startswith("GET https://example.org")
    assert "8f3e" not in shown
    assert "/feeds" not in shown
