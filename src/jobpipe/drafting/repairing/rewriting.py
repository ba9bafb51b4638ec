"""A rule as it is written, with one thing changed: in the short form that it has, where that is enough."""

from __future__ import annotations

from typing import Any

from jobpipe.definition.models import FieldRule


def written(rule: FieldRule) -> Any:
    """Of a rule that a connector brings."""
    full = rule.model_dump(by_alias=True, exclude_defaults=True, mode="json")
    for word in ("then", "each"):
        if word in full:
            full[word] = [_step(call) for call in full[word]]
    return full


def _step(call: dict[str, Any]) -> Any:
    if call.get("params"):
        return {call["name"]: call["params"]}
    return {call["name"]: call["argument"]} if call.get("argument") is not None else call["name"]


def paths_of(raw: Any) -> list[str]:
    if isinstance(raw, str):
        return [raw]
    if isinstance(raw, list):
        return [raw[0]]
    found = raw.get("from", [])
    return [found] if isinstance(found, str) else list(found)


def steps_of(raw: Any) -> list[Any]:
    """Those on the value."""
    if isinstance(raw, list):
        return list(raw[1:])
    found = raw.get("then", []) if isinstance(raw, dict) else []
    return list(found) if isinstance(found, list) else [found]


def with_path(raw: Any, before: str, after: str) -> Any:
    """The path `before` is `after` from now on."""
    if isinstance(raw, str):
        return after
    if isinstance(raw, list):
        return [after, *raw[1:]]
    found = raw["from"]
    changed = after if isinstance(found, str) else [after if one == before else one for one in found]
    return {name: changed if name == "from" else value for name, value in raw.items()}


def with_paths(raw: Any, paths: list[str], join: str | None) -> Any:
    """Other paths, with what stands between them."""
    made: dict[str, Any] = {"from": paths if len(paths) > 1 else paths[0]}
    if join is not None and len(paths) > 1:
        made["join"] = join
    rest = {name: value for name, value in raw.items() if name not in ("from", "join")} if isinstance(raw, dict) else {}
    if isinstance(raw, list) and len(raw) > 1:
        rest = {"then": raw[1:] if len(raw) > 2 else raw[1]}
    if len(paths) == 1 and not (rest.keys() - {"then"}):
        steps = rest.get("then", [])
        steps = steps if isinstance(steps, list) else [steps]
        return (
            [paths[0], *steps] if steps and not isinstance(raw, dict) else (paths[0] if not steps else {**made, **rest})
        )
    return {**made, **rest}


def with_steps(raw: Any, steps: list[Any]) -> Any:
    """Other steps on the value."""
    if isinstance(raw, (str, list)):
        path = raw if isinstance(raw, str) else raw[0]
        return [path, *steps] if steps else path
    if not steps:
        return {name: value for name, value in raw.items() if name != "then"}
    made = steps if len(steps) > 1 or isinstance(raw.get("then"), list) else steps[0]
    if "then" in raw:
        return {name: made if name == "then" else value for name, value in raw.items()}
    return {**raw, "then": made}


def with_first_steps(raw: Any, steps: list[Any]) -> Any:
    """These before the others. Raises ValueError where something goes before steps on the value."""
    if isinstance(raw, dict) and (raw.keys() & {"split", "each", "map", "for"} or len(paths_of(raw)) > 1):
        raise ValueError("there is something before its steps")
    return with_steps(raw, [*steps, *steps_of(raw)])


def with_word(raw: Any, word: str, value: Any) -> Any:
    """Another value of `map` and the like."""
    return {**raw, word: value}


def step_name(step: Any) -> str:
    return step if isinstance(step, str) else str(next(iter(step)))


def step_given(step: Any) -> Any:
    """What a step is given; None = nothing."""
    return None if isinstance(step, str) else next(iter(step.values()))
