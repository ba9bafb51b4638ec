"""A partner's own XML or JSON, declared under `template` of a destination."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from jobpipe.destinations.formats.format import OutputFormat, Setting
from jobpipe.destinations.formats.template_json import JsonTemplate, compiled_json
from jobpipe.destinations.formats.template_xml import XmlTemplate, compiled_xml
from jobpipe.destinations.formats.xml_elements import document
from jobpipe.errors import DefinitionError
from jobpipe.posting import JobPosting


def compiled(setting: Setting) -> XmlTemplate | JsonTemplate:
    """Raises DefinitionError with the place within the template."""
    template = setting.template
    if template.keys() not in ({"xml"}, {"json"}):
        raise DefinitionError("the format `template` needs `template: {xml: …}` or `template: {json: …}`")
    return compiled_xml(template["xml"]) if "xml" in template else compiled_json(template["json"])


def write(postings: Iterable[JobPosting], setting: Setting) -> Iterator[bytes]:
    template = compiled(setting)
    if isinstance(template, XmlTemplate):
        yield from document(template.head, postings, template.build, template.tail)
        return
    yield template.head
    remaining = iter(postings)
    for first in remaining:
        yield template.build(first)
        for posting in remaining:
            yield template.between + template.build(posting)
        yield template.tail
        return
    yield template.tail.lstrip(b"\n")


def item(setting: Setting) -> Callable[[JobPosting], bytes]:
    template = compiled(setting)
    if isinstance(template, XmlTemplate):
        raise DefinitionError("bodies are JSON, and this template is XML", hint="template: {json: …}")
    return template.build


def check(setting: Setting) -> None:
    compiled(setting)


FORMAT = OutputFormat(
    name="template",
    summary="a partner's own XML or JSON, as its destination declares it",
    write=write,
    extension="",
    documented="docs/how-to/export-formats.md",
    item=item,
    check=check,
    carries={"each name of the template": "what it says"},
)
