from __future__ import annotations

import sys

import pytest
from sent_changes import changes_to, files_to

from jobpipe.errors import DefinitionError


@pytest.mark.parametrize(
    ("module", "to", "extra"),
    [
        ("amqp", '{rabbitmq: "amqp://h"}', "rabbitmq"),
        ("psycopg", '{sql: "postgresql://h/d"}', "sql"),
        ("pymongo", '{mongo: "mongodb://h/d"}', "mongo"),
        ("asyncssh", '{file: "sftp://h/x", auth: {basic: "a:b"}}', "sftp"),
    ],
)
def test_a_package_that_is_missing_is_named_with_how_to_get_it(
    module: str, to: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DefinitionError, match=rf"needs {module} .*job-pipe\[{extra}\]"):
        (files_to if "file" in to else changes_to)(to)
