"""A web page gives the JobPostings that it says, in whichever of the ways, and what the selectors find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobpipe.errors import DefinitionError
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.record import FormatSettings, RawRecord

URL = "https://example.org/jobs/7"


def cut(page: str | bytes, **settings: Any) -> list[RawRecord]:
    splitter = open_splitter(FormatSettings(format="html", page_url=URL, **settings), "page")
    records = splitter.feed(page.encode() if isinstance(page, str) else page)
    rest, ending = splitter.close()
    assert ending.complete
    return records + rest


def values(page: str | bytes, **settings: Any) -> list[dict[str, Any]]:
    return [json.loads(record.raw) for record in cut(page, **settings)]


def script(text: str) -> str:
    return f'<!DOCTYPE html><html><head><script type="application/ld+json">{text}</script></head></html>'


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ('{"@type":"JobPosting","title":"Cook"}', ["Cook"]),
        ('{"@type":"https://schema.org/JobPosting","title":"Cook"}', ["Cook"]),
        ('[{"@type":"JobPosting","title":"A"},{"@type":["JobPosting","Thing"],"title":"B"}]', ["A", "B"]),
        ('{"@graph":[{"@type":"WebSite"},{"@type":"JobPosting","title":"A"}]}', ["A"]),
        ('{"@type":"ItemList","itemListElement":[{"item":{"@type":"JobPosting","title":"A"}}]}', ["A"]),
        ('{"@type":"WebPage","mainEntity":{"@type":"JobPosting","title":"A"}}', ["A"]),
        ('{"@type":"JobPosting","title":"two\nlines",}', ["two\nlines"]),
        ('/* head */ {"@type":"JobPosting", // why\n "title":"http://x //y"}', ["http://x //y"]),
        ('<!-- {"@type":"JobPosting","title":"A"} -->', ["A"]),
        ('//<![CDATA[\n{"@type":"JobPosting","title":"A"}\n//]]>', ["A"]),
        ("{&quot;@type&quot;:&quot;JobPosting&quot;,&quot;title&quot;:&quot;A&quot;}", ["A"]),
        ('\ufeff{"@type":"JobPosting","title":"A"}{"@type":"JobPosting","title":"B"}', ["A", "B"]),
        ('{"@type":"Organization","name":"no posting"}', []),
        ('{"broken', []),
    ],
)
def test_json_ld_is_read_as_sites_write_it(text: str, titles: list[str]) -> None:
    assert [value["title"] for value in values(script(text))] == titles


def test_references_within_a_page_are_resolved_and_circles_end() -> None:
    graph = [
        {"@type": "JobPosting", "@id": "#job", "title": "A", "hiringOrganization": {"@id": "#org"}},
        {"@type": "Organization", "@id": "#org", "name": "Example", "owns": {"@id": "#job"}},
    ]
    (made,) = values(script(json.dumps({"@graph": graph})))
    assert made["hiringOrganization"]["name"] == "Example"
    assert made["hiringOrganization"]["owns"] == {"@id": "#job"}


def test_json_ld_that_cannot_be_read_is_a_record_that_shows_the_spot() -> None:
    (record,) = cut(script('{"@type":"JobPosting","title":"the "big" one"}'))
    assert "line 1, column 37" in record.flaw
    assert '▸ big" one' in record.flaw


def test_microdata_and_rdfa_read_as_json_ld_does() -> None:
    microdata = (
        '<div itemscope itemtype="https://schema.org/JobPosting"><h1 itemprop="title">Cook</h1>'
        '<div itemprop="description"><p>Good</p></div><time itemprop="datePosted" datetime="2026-01-02">today</time>'
        '<p itemprop="hiringOrganization" itemscope><b itemprop="name">Example</b></p>'
        '<a itemprop="url" href="/7">x</a></div>'
    )
    rdfa = (
        '<div vocab="https://schema.org/" typeof="JobPosting"><h1 property="title">Cook</h1>'
        '<div property="description"><p>Good</p></div><time property="datePosted" datetime="2026-01-02">today</time>'
        '<p property="hiringOrganization" typeof="Organization"><b property="name">Example</b></p>'
        '<a property="url" href="/7">x</a></div>'
    )
    for page in (microdata, rdfa):
        (made,) = values("<html><body>" + page)
        assert made["title"] == "Cook"
        assert made["description"] == "<p>Good</p>"
        assert made["datePosted"] == "2026-01-02"
        assert made["hiringOrganization"]["name"] == "Example"
        assert made["url"] == "https://example.org/7"


def test_fields_make_the_record_or_are_added_to_it() -> None:
    fields = (("title", "css:h1"), ("link", "css:a/@href"), ("text", "xpath://div/html()"), ("none", "css:.none"))
    body = '<h1> Head <i>cook</i> </h1><div><p>a</p>b</div><a href="../apply">x</a>'
    assert values(f"<html>{body}", fields=fields) == [
        {"@url": URL, "title": "Head cook", "link": "https://example.org/apply", "text": "<p>a</p>b"}
    ]
    both = script('{"@type":"JobPosting","title":"Cook","datePosted":"2026-01-01"}').replace("</html>", body)
    (made,) = values(both, fields=fields)
    assert (made["title"], made["datePosted"], made["text"]) == ("Head cook", "2026-01-01", "<p>a</p>b")


def test_each_item_is_a_record() -> None:
    page = "<html><li><a href='/1'>A</a></li><li><a href='/2'>B</a></li>"
    made = values(page, items="css:li", fields=(("title", "xpath://a"), ("link", "css:a/@href")))
    assert [(one["title"], one["link"]) for one in made] == [
        ("A", "https://example.org/1"),
        ("B", "https://example.org/2"),
    ]


def test_a_page_without_a_posting_gives_nothing() -> None:
    assert values("<html><body><p>Nothing here</p>", fields=(("title", "css:h1"),)) == []


def test_a_selector_that_is_none_says_so() -> None:
    with pytest.raises(DefinitionError, match="is no selector"):
        cut("<html>", fields=(("title", "css:h1["),))


def test_the_words_of_a_page_are_in_its_encoding() -> None:
    page = '<html><head><meta charset="iso-8859-2"></head><h1>Łódź</h1>'.encode("iso-8859-2")
    assert values(page, fields=(("title", "css:h1"),))[0]["title"] == "Łódź"


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000,
        script("[" * 100_000),
        script('{"a":' * 50_000),
        "<html>" + "<p itemscope itemtype=JobPosting itemprop=x>" * 5_000,
        script('{"@type":"JobPosting" ' + "/*" * 100_000),
        script("// " * 100_000),
    ],
)
def test_hostile_pages_give_no_posting_and_no_trouble(page: str) -> None:
    assert all(record.flaw for record in cut(page))


def test_references_that_multiply_are_cut_short() -> None:
    levels = [{"@id": f"#{n}", "x": [{"@id": f"#{n + 1}"}] * 10} for n in range(20)]
    graph = [{"@type": "JobPosting", "title": "A", "x": {"@id": "#0"}}, *levels]
    (record,) = cut(script(json.dumps({"@graph": graph})))
    assert len(record.raw) < 1_000_000


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("jsonld_meta", ""),
        ("jobsinschools_detail_health", "css:article.featured-vacancies"),
        ("jobsinschools_detail_maths", "css:article.featured-vacancies"),
        ("jobsinschools_list", "css:a[href*='/job/']"),
        ("peoplestrong_bajaj", "css:div.job-details-card"),
    ],
)
def test_real_pages_give_as_many_records_as_they_have(samples: Path, name: str, items: str) -> None:
    expected = json.loads((samples / "expected.json").read_text())[f"html/{name}.html"]["records"]
    page = (samples / "html" / f"{name}.html").read_bytes()
    fields = (("words", "xpath:."),) if items else ()
    assert len(cut(page, items=items, fields=fields)) == expected
