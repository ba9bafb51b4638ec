"""The API under requests made of its own description, valid and invalid ones: none of them gets an answer that the
description does not give, meets a fault, or finds a way in without a token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from engines import examples
from hypothesis import HealthCheck, given, settings
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance
from web_client import account, shown

from jobpipe.web.api.limits import of_failures, of_tokens
from jobpipe.web.api.scopes import Scope
from jobpipe.web.api.tokens import make_token

# Of each operation and mode.
EXAMPLES = examples(4)


@pytest.fixture
def token(tmp_path: Path) -> Iterator[str]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)
    folder.run(xml_feed({"1": "Mason", "2": "Baker"}), workers=0)
    with shown(folder):
        yield make_token(account(), "fuzzing", [*Scope])


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_the_api_keeps_to_its_description(token: str, mode: GenerationMode) -> None:
    load_all_checks()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())
    headers = {"Authorization": f"Bearer {token}"}
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Case) -> None:
            nonlocal asked
            asked += 1
            of_tokens.forget()
            of_failures.forget()
            # What has the right form may still be no cursor, and no moment to come.
            case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

        ask()
    assert asked > 100
