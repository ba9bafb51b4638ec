"""The REST API: who is let in with which token, and what it shows and does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import account, shown

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Account, ApiToken
from jobpipe.web.api.tokens import make_token, revoke, token_of


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)
    folder.run(xml_feed({"1": "Mason", "2": "Baker"}), workers=0)
    with shown(folder):
        yield folder


def test_a_token_is_good_until_it_is_revoked_ends_or_its_account_is_closed(project: ProjectFolder) -> None:
    who = account()
    text = make_token(who, "nightly", ["runs:read"])
    found = token_of(text)
    assert found is not None
    assert found.account == who
    assert text not in str(list(ApiToken.objects.values()))
    assert token_of(text + "x") is None
    revoke(found)
    assert token_of(text) is None
    ending = make_token(who, "ends", ["runs:read"], datetime.now(UTC) + timedelta(hours=1))
    assert token_of(ending) is not None
    ApiToken.objects.filter(name="ends").update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert token_of(ending) is None
    closed = make_token(who, "closed", ["runs:read"])
    Account.objects.filter(pk=who.pk).update(is_active=False)
    assert token_of(closed) is None


@pytest.mark.parametrize(
    ("name", "scopes", "days"), [(" ", ["runs:read"], 1), ("x", ["runs:all"], 1), ("x", [], 1), ("x", ["runs:read"], 0)]
)
def test_a_token_that_says_nothing_is_not_made(project: ProjectFolder, name: str, scopes: list[str], days: int) -> None:
    with pytest.raises(UsageError):
        make_token(account(), name, scopes, datetime.now(UTC) + timedelta(days=days))
