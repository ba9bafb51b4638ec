from __future__ import annotations

import re
from pathlib import Path

import pytest

from jobpipe.definition.destination_files import read_destination
from jobpipe.definition.faults import InvalidFileError
from jobpipe.definition.targets import TARGETS, FileTarget


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ('to:\n  http: "https://a"\n  heders: {}', 4, 3, "unknown word `heders`: did you mean `headers`?"),
        ("to: {file: a, exchange: b}", 2, 15, "unknown word `exchange`: known here: file, auth, timeout, page"),
        ('to: {http: "https://a", auth: {bsic: x}}', 2, 32, "unknown word `bsic`: did you mean `basic`?"),
        ('to: {http: "https://a", auth: {key: {nam: x}}}', 2, 38, "unknown word `nam`: did you mean `name`?"),
        ('to: {http: "https://a", auth: {basic: 5}}', 2, 39, "what stands here is not text"),
        ("to: {fil: a}", 2, 1, "names one way out"),
        ("to: {file: a, served: b}", 2, 1, "names one way out"),
        ("to: a", 2, 5, "names one way out"),
        ('to: {sql: "mysql://a/b"}', 2, 11, "MySQL and MariaDB are not supported"),
        ('to: {file: "http://a/b"}', 2, 12, "`http://` takes no files"),
        ('to: {http: "sftp://a/b"}', 2, 12, "`sftp://` is not spoken here"),
        ('to: {rabbitmq: "amqp://a", routing_key: "{key}"}', 2, 41, "{key} is not known"),
        ('to: {http: "https://a", items: "a["}', 2, 32, "is no JMESPath"),
        ("limit: 5", 1, 1, "`to` is missing"),
    ],
)
def test_what_is_wrong_with_a_way_out_is_said_where_it_stands(
    tmp_path: Path, text: str, line: int, column: int, said: str
) -> None:
    path = tmp_path / "partner.yaml"
    path.write_text(f"destination: partner\n{text}\n")
    with pytest.raises(InvalidFileError) as caught:
        read_destination(path, "partner")
    fault = next(one for one in caught.value.faults if said.partition(":")[0] in one.message)
    assert (fault.spot.line, fault.spot.column) == (line, column)
    assert said in f"{fault.message}: {fault.hint}"


def test_a_login_in_an_address_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "partner.yaml"
    path.write_text('destination: partner\nto: {sql: "mysql://anna:wachtw00rd@a/b"}\n')
    with pytest.raises(InvalidFileError) as caught:
        read_destination(path, "partner")
    shown = caught.value.render()
    assert "wachtw00rd" not in shown and "@a/b" in shown


def test_the_examples_of_the_documentation_are_valid_and_show_each_way(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "destinations.md").read_text()
    shown = set()
    for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL):
        name = re.findall(r"^destination: (\S+)", block, re.MULTILINE)[0]
        path = tmp_path / f"{name}.yaml"
        path.write_text(block)
        target = read_destination(path, name).to
        shown.add(target.file.partition("://")[0] if isinstance(target, FileTarget) else type(target))
    files = {"out/jobs.xml.gz", "sftp", "ftps", "s3"}
    assert shown == {*files, *(model for model in TARGETS.values() if model is not FileTarget)}
