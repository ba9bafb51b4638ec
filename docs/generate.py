"""Writes the pages of `docs/reference/` that come from the code: `generate.py [FOLDER]`. A test keeps them fresh."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
import yaml
from api_reference import api_page
from pictures import pages_page

from jobpipe.cli.command_list import COMMANDS, SECTIONS
from jobpipe.cli.main import LazyCommands, jobpipe
from jobpipe.definition.connectors import connector, connector_names
from jobpipe.definition.drops import FileOptions
from jobpipe.definition.field_descriptions import FIELDS
from jobpipe.definition.logins import ApiKey, Auth, OAuth2, StoreKey
from jobpipe.definition.models import CodesOf, Definition, Expire, FieldRule
from jobpipe.definition.reporting import ReportSettings
from jobpipe.definition.roles import ROLES
from jobpipe.definition.services import Api, Detail, Paging, Soap
from jobpipe.definition.sites import Form, Site
from jobpipe.definition.source import CsvOptions, LimitOptions, Source
from jobpipe.destinations.formats.format import output_formats
from jobpipe.destinations.rules import Rule
from jobpipe.error_codes import CODES_OF_KINDS, in_sections
from jobpipe.incidents.kinds import KINDS
from jobpipe.runs.explaining_codes import GONE
from jobpipe.transform.steps.registry import steps

REFERENCE = Path(__file__).parent / "reference"
_NOTE = "<!-- Made by docs/generate.py: change the code, then run it again. -->\n\n"
_COMMANDS_HEAD = """\
# Commands

`-C DIR` (or `JOBPIPE_PROJECT`) names the project folder, anywhere on the line; otherwise the nearest one upwards is
taken. `--json` puts one JSON document on stdout; talk and progress go to stderr.

| exit code | meaning |
| --- | --- |
| 0 | done (also with rejected records, unless `--strict`) |
| 1 | a run failed or was partial |
| 2 | wrong use, or an invalid definition |
| 3 | a run is held (1 wins over 3) |
| 4 | an error of job-pipe itself |
| 130 | interrupted |
"""
_CONNECTORS_HEAD = """\
# Connectors

A connector is a whole import: `source: {greenhouse: acme}` needs no `posting`. What the import says itself goes before
what its connector says: a field of `posting`, `holds`, `expire`, a word of `source`. A saved answer is read
by `jobpipe run NAME --file answer.json`. To add one: [add a connector](../how-to/add-a-connector.md).
"""
_FORMATS_HEAD = """\
# Formats of exports

What each carries of a posting, and what its partner refuses: such a posting is held back there, with this reason.
The option `waive` of a destination names rules that its partner does not hold to (`waive: indeed-region`); the option
`reference` makes the references of several imports different (`"{import}-{reference}"`).
[Using them](../how-to/export-formats.md) is another page.
"""
_ERRORS_HEAD = """\
# Errors

The code that stands behind each error; `jobpipe explain CODE` says the same in a terminal. A code never changes its
meaning, so that scripts and searches may rely on it. `jobpipe explain KIND` explains a kind of incident.
"""
_TESTED_ON = {"recorded": "on recorded answers", "documentation": "from documentation"}
_BLOCKS = {
    "the definition": Definition,
    "source": Source,
    "source.api": Api,
    "source.api.page, source.soap.page": Paging,
    "source.api.detail": Detail,
    "source.site": Site,
    "source.site.form": Form,
    "source.soap": Soap,
    "source.files": FileOptions,
    "source.auth": Auth,
    "source.auth.key": ApiKey,
    "source.auth.oauth2": OAuth2,
    "source.auth.store": StoreKey,
    "source.csv": CsvOptions,
    "source.limits": LimitOptions,
    "expire": Expire,
    "report": ReportSettings,
    "a rule of `posting`": FieldRule,
    "`taxonomy` of a rule": CodesOf,
}


def pages() -> dict[str, str]:
    """File name -> text."""
    return {
        "steps.md": steps_page(),
        "definition.md": definition_page(),
        "commands.md": commands_page(),
        "connectors.md": connectors_page(),
        "formats.md": formats_page(),
        "incidents.md": incidents_page(),
        "errors.md": errors_page(),
        "api.md": _NOTE + api_page(),
        "pages.md": _NOTE + pages_page(),
    }


def errors_page() -> str:
    made = [_ERRORS_HEAD]
    for title, codes in in_sections():
        made.append(f"\n## {title}\n")
        for one in codes:
            made.append(
                f"\n### {one.number}: {one.title}\n\n{one.meaning}\n\n```text\n{one.example}\n```\n\n{one.advice}\n"
            )
    made.append("\n## Incidents\n\n| code | kind | what it is |\n| --- | --- | --- |\n")
    made += [
        f"| {CODES_OF_KINDS[kind.name]} | [`{kind.name}`](incidents.md) | {_cell(kind.title)} |\n"
        for kind in KINDS.values()
    ]
    return _NOTE + "".join(made)


def incidents_page() -> str:
    made = [
        "# Kinds of incidents\n",
        "Whom each is for, what it means, what to do, and what shows that it is gone.\n",
        "[How incidents work](../how-to/incidents.md) is another page.\n",
        "| kind | for | severity | what it means, what to do | gone when |\n| --- | --- | --- | --- | --- |",
    ]
    for kind in KINDS.values():
        words = f"{kind.title}. {kind.advice}"
        words = words[0].upper() + words[1:]
        made.append(f"| `{kind.name}` | {kind.role} | {kind.severity} | {words} | {GONE[kind.gone]} |")
    made.append("\n| role | looks after |\n| --- | --- |")
    made += [f"| `{role}` | {what} |" for role, what in ROLES.items()]
    return _NOTE + "\n".join(made) + "\n"


def steps_page() -> str:
    made = ["# Steps\n\nWhat a rule may do with a value, in `then` or `each`. `jobpipe steps NAME` shows the same.\n"]
    for step in steps().values():
        made.append(f"\n## {step.name}\n\n{step.summary}\n")
        if step.description:
            made.append(f"\n{step.description}\n")
        if step.meanings is not None:
            made.append(
                f"\nIts table `step:{step.name}` (`mappings/step-{step.name}.csv`) may say: {step.meanings.allowed}.\n"
            )
        if step.parameters:
            made.append("\n| parameter | type | default | meaning |\n| --- | --- | --- | --- |\n")
            for one in step.parameters:
                default = "required" if one.is_required else "" if one.default is None else f"`{one.default}`"
                made.append(f"| `{one.name}` | {_cell(one.type)} | {_cell(default)} | {_cell(one.description)} |\n")
        if step.examples:
            made.append("\n| written | given | made |\n| --- | --- | --- |\n")
            for example in step.examples:
                made.append(f"| `{_cell(example.call)}` | {_shown(example.given)} | {_shown(example.result)} |\n")
    return _NOTE + "".join(made)


def formats_page() -> str:
    parts = [_FORMATS_HEAD]
    rows = "\n".join(f"| [`{one.name}`](#{one.name}) | {_cell(one.summary)} |" for one in output_formats())
    parts.append(f"| `--as` | |\n| --- | --- |\n{rows}\n")
    for one in output_formats():
        parts.append(f"## {one.name}\n\n{one.summary[0].upper()}{one.summary[1:]}. Source: {one.documented}.\n")
        if one.carries and any(one.carries.values()):
            carried = "\n".join(f"| `{there}` | {here} |" for there, here in one.carries.items())
            parts.append(f"| there | of the posting |\n| --- | --- |\n{carried}\n")
        elif one.carries:
            parts.append(f"Columns: {', '.join(f'`{name}`' for name in one.carries)}.\n")
        if one.options:
            needed = dict.fromkeys(one.needs, " (needed)")
            said = "\n".join(f"| `{name}` | {what}{needed.get(name, '')} |" for name, what in one.options.items())
            parts.append(f"| option | what for |\n| --- | --- |\n{said}\n")
        if one.rules:
            rules = "\n".join(_rule_row(rule) for rule in one.rules)
            parts.append(f"| refused by | field | because | whose matter |\n| --- | --- | --- | --- |\n{rules}\n")
    return _NOTE + "\n".join(parts)


def _rule_row(rule: Rule) -> str:
    return f"| `{rule.rule}` | `{rule.field}` | {_cell(rule.asks)} | {_role_shown(rule.role)} |"


def _role_shown(role: object) -> str:
    return "developer, where the source says something; else source" if callable(role) else str(role)


def connectors_page() -> str:
    made = [_CONNECTORS_HEAD, "\n| connector | reads | tested |\n| --- | --- | --- |\n"]
    known = [connector(name) for name in connector_names()]
    for one in known:
        made.append(f"| [`{one.name}`](#{one.name}) | {_cell(one.about)} | {_TESTED_ON[one.tested_on]} |\n")
    for one in known:
        made.append(f"\n## {one.name}\n\n{one.about}. [Documentation]({one.documentation})")
        made.append(f"; tested: {_TESTED_ON[one.tested_on]}.\n")
        made.append(f"\n{one.note}\n" if one.note else "")
        made.append(f"\n```yaml\n{one.example}\n```\n")
        made.append("\n| takes | meaning | default |\n| --- | --- | --- |\n")
        for taken in one.takes.values():
            default = "required" if taken.is_needed else f"`{taken.default}`" if taken.default else ""
            made.append(f"| `{taken.name}` | {_cell(taken.about)} | {default} |\n")
        made.append(f"\nMakes {', '.join(f'`{field}`' for field in one.definition['posting'])}.\n")
    return _NOTE + "".join(made)


def definition_page() -> str:
    made = [
        "# Definitions\n\nThe words of `imports/*.yaml`. `jobpipe schema` prints them as JSON Schema, for editors.\n"
    ]
    for title, model in _BLOCKS.items():
        made.append(f"\n## {title[0].upper() + title[1:]}\n\n| word | meaning | default |\n| --- | --- | --- |\n")
        for name, field in model.model_fields.items():
            default = "required" if field.is_required() else _default(field.default)
            made.append(f"| `{field.alias or name}` | {_cell(field.description or '')} | {default} |\n")
    made.append("\n## Fields of a posting\n\n| field | meaning |\n| --- | --- |\n")
    made += [f"| `{name}` | {_cell(text)} |\n" for name, text in FIELDS.items()]
    return _NOTE + "".join(made)


def _shown_commands(command: click.Command) -> list[tuple[str, click.Command]]:
    below = command.commands.items() if isinstance(command, click.Group) else ()
    return [(name, one) for name, one in below if not one.hidden]


def commands_page() -> str:
    made = [_COMMANDS_HEAD]
    assert isinstance(jobpipe, LazyCommands)
    whole = click.Context(jobpipe, info_name="jobpipe", terminal_width=100, max_content_width=100)
    options = jobpipe.get_params(whole)
    rows = [record for one in options if (record := one.get_help_record(whole)) is not None]
    made.append("\n| option of every command | |\n| --- | --- |\n")
    made += [f"| `{_cell(names)}` | {_cell(about)} |\n" for names, about in rows]
    made.append("\n| what for | commands |\n| --- | --- |\n")
    for title, commands in SECTIONS.items():
        links = ", ".join(f"[`{name}`](#{name})" for name in commands)
        made.append(f"| {title} | {links} |\n")
    for name in COMMANDS:
        command = jobpipe.get_command(click.Context(jobpipe), name)
        assert command is not None
        words = jobpipe.context_settings["help_option_names"]
        context = click.Context(
            command,
            info_name=f"jobpipe {name}",
            terminal_width=100,
            max_content_width=100,
            help_option_names=words,
        )
        made.append(f"\n## {name}\n\n```text\n{command.get_help(context)}\n```\n")
        for below, one in _shown_commands(command):
            inner = click.Context(one, info_name=below, parent=context, terminal_width=100, max_content_width=100)
            made.append(f"\n### {name} {below}\n\n```text\n{one.get_help(inner)}\n```\n")
    return _NOTE + "".join(made)


def _default(value: object) -> str:
    if value is None or value in ([], {}, ""):
        return ""
    if isinstance(value, (str, int, float, bool)):
        return f"`{yaml.safe_dump(value).splitlines()[0]}`"
    return ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _shown(value: object) -> str:
    return f"`{_cell(json.dumps(value, ensure_ascii=False))}`"


def main(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else REFERENCE)
