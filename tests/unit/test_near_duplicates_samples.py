"""One board's offers in two dialects, as two imports of a client: each finds its twin, and none another's."""

from __future__ import annotations

from pathlib import Path

import pytest
from client_folder import ClientFolder

from jobpipe.runs.near_duplicates.groups import groups

DEFINITIONS = {
    "jobrapido": """\
source: {{feed: "{file}", record: job}}
key: url
posting:
  title: title
  url: url
  company: company
  description: description
  locations: {{parts: {{city: location, country: country, postal_code: postalcode}}}}
""",
    "talentcom": """\
source: {{feed: "{file}", record: job}}
posting:
  reference: referencenumber
  title: title
  apply_url: url
  company: company
  description: description
  locations: {{parts: {{city: city, region: state, country: country}}}}
""",
}


@pytest.mark.samples
def test_two_dialects_of_one_board_find_their_twins(tmp_path: Path, samples: Path) -> None:
    client = ClientFolder(tmp_path / "project")
    client.keep("{keep: first}")
    for name, text in DEFINITIONS.items():
        file = samples / "xml" / f"{name}_recruityard.xml"
        said = f"import: {name}\nclient: Board\n" + text.format(file=file)
        (client.root / "imports" / f"{name}.yaml").write_text(said)
        assert client.import_(name, None).account["new"] > 80
    addresses = {
        name: {key: one.get("url") or one["apply_url"] for key, one in client.stored(name).items()}
        for name in DEFINITIONS
    }
    with client.open() as workspace:
        found = list(groups(workspace))
    twins = [[addresses[one.name][one.row.key] for one in group.postings] for group in found]
    assert all(one == other for one, other in twins)
    assert len(twins) >= 85
    assert len(client.live("talentcom")) == len(addresses["talentcom"]) - len(twins)
