"""docs/reference/playbooks.md: every key of a playbook and every kind of step, from their declarations."""

from collections.abc import Iterator, Mapping
from typing import Any

from sigmic_mock.agent.playbooks.files import as_yaml
from sigmic_mock.agent.playbooks.schema import playbook_schema
from sigmic_mock.agent.steps.kind import StepKinds

_HEAD = """\
# Playbook keys and steps

This page lists all keys and steps of a playbook. The [guide](../guides/playbooks.md) explains how to
write one. `sigmic-mock playbooks schema` prints the JSON Schema behind this page.

A *time* is seconds, or a number with `ms`, `s`, `m` or `h`: platform time, at most a day.
"""


def playbooks_page(kinds: StepKinds) -> str:
    """Return the page of these kinds of steps."""
    schema = playbook_schema(kinds)
    parts = [_HEAD, "\n## A playbook\n\n", _table(schema)]
    parts += ["\n## when\n\n", _table(schema["$defs"]["when"])]
    parts.append("\n## report\n\n| value | means |\n| --- | --- |\n")
    for form in schema["$defs"]["report"]["oneOf"]:
        if "enum" in form:
            parts.append(_row(", ".join(f"`{value}`" for value in form["enum"]), form["description"]))
        else:
            [(key, value)] = form["properties"].items()
            parts.append(_row(f"`{{{key}: …}}`", value["description"]))
    parts.append("\n## Steps\n")
    for key, kind in kinds.by_key.items():
        parts.append(f"\n### {key}\n\n{kind.schema['description']}\n")
        table = "".join(_table(form) for form in _forms(kind.schema))
        parts.append(f"\n{table}" if table else "")
        parts.append(f"\n```yaml\n{as_yaml([{key: kind.examples[0]}])}\n```\n")
    return "".join(parts)


def _forms(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the forms of a value that are objects with keys."""
    if "properties" in schema:
        yield schema
    for form in schema.get("oneOf", ()):
        yield from _forms(form)


def _table(schema: Mapping[str, Any]) -> str:
    rows = [
        _row(f"`{key}`", "yes" if key in schema.get("required", ()) else "", _description(part))
        for key, part in schema["properties"].items()
    ]
    return "| key | required | means |\n| --- | --- | --- |\n" + "".join(rows)


def _description(part: Mapping[str, Any]) -> str:
    text = str(part.get("description", ""))
    if not text and "$ref" in part:
        definition = playbook_schema()["$defs"][part["$ref"].removeprefix("#/$defs/")]
        text = str(definition.get("description", ""))
    values = part.get("enum")
    return f"{text} One of {', '.join(f'`{value}`' for value in values)}." if values else text


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
