"""The reference of the REST API, from its own description."""

from __future__ import annotations

import json
from typing import Any

_HEAD = """\
# REST API

`jobpipe serve` and `jobpipe web` answer under `/api/v1/`; `/api/v1/openapi.json` describes it for programs.
[How to use it](../how-to/api.md) is another page.

A scope gives nothing that the role of the token's account does not.

| scope | a token with it may |
| --- | --- |
"""


def api_page() -> str:
    """Without a project: only what the code says."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(INSTALLED_APPS=["jobpipe.ledger"], DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
        import django

        django.setup()
    from jobpipe.web.api.scopes import Scope
    from jobpipe.web.api.v1 import PARTS, api

    scopes = {operation.operation_id: operation.auth_param.scope for operation in _operations(PARTS)}
    document = json.loads(json.dumps(api.get_openapi_schema(path_prefix="")))
    made = [_HEAD, *(f"| `{scope}` | {scope.words} |\n" for scope in Scope)]
    tag = ""
    for address, operations in document["paths"].items():
        for method, one in operations.items():
            if one["tags"][0] != tag:
                tag = one["tags"][0]
                made.append(f"\n## {tag[0].upper()}{tag[1:]}\n")
            made.append(_operation(address, method, one, scopes[one["operationId"]], document))
    return "".join(made)


def _operations(parts: Any) -> Any:
    for part in parts:
        for view in part.router.path_operations.values():
            yield from view.operations


def _operation(address: str, method: str, one: dict[str, Any], scope: str, document: dict[str, Any]) -> str:
    made = [f"\n### `{method.upper()} {address}`\n\n{one['description']}\n\nScope `{scope}`.\n"]
    rows = [
        (it["name"], "query" if it["in"] == "query" else it["in"], it["schema"]) for it in one.get("parameters", ())
    ]
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        shape = _resolved(body.get("items", body), document)
        rows += [(name, "body", it) for name, it in shape.get("properties", {}).items()]
    if rows:
        made.append("\n| given | where | meaning |\n| --- | --- | --- |\n")
        made += [f"| `{name}` | {where} | {_meaning(it)} |\n" for name, where, it in rows]
    for status, answer in one["responses"].items():
        if status.startswith("2"):
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            made.append(f"\n{status}: {_shape(schema, document)}\n")
    return "".join(made)


def _meaning(schema: dict[str, Any]) -> str:
    """What it says of itself, and which words there are."""
    allowed = schema.get("enum")
    words = ", ".join(f"`{word}`" for word in allowed if word) if allowed else ""
    return " ".join(part for part in (schema.get("description", ""), words) if part).replace("|", "\\|")


def _shape(schema: dict[str, Any], document: dict[str, Any]) -> str:
    """The names in an answer, those of its items included."""
    properties = _resolved(schema, document).get("properties", {})
    names = []
    for name, one in properties.items():
        items = _resolved(one.get("items", {}), document).get("properties")
        names.append(f"`{name}`" + (f" (each with {', '.join(f'`{inner}`' for inner in items)})" if items else ""))
    return ", ".join(names)


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found
