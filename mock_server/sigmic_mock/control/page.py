"""The page `reference/control-plane.md` of the site, made from the control plane's table."""

from collections.abc import Iterator, Mapping

from sigmic_mock.control.table import CONTROL_PATH, Field, control_table

_HEAD = f"""# Control plane API

The control plane is the mock's own API: time, faults, state, journal and playbooks.

Call its operations by name with `ask` from [Python](../guides/test-your-client.md) or
[JavaScript](../guides/javascript.md), or by HTTP at `{CONTROL_PATH}`. The mock serves the OpenAPI document of
the table at `{CONTROL_PATH}/openapi.json`.

| operation | request | fields | what it does |
|---|---|---|---|
"""


def page() -> str:
    """Return the page."""
    rows = (
        f"| `{name}` | `{operation.method.upper()} {operation.path}`"
        f" | {', '.join((*_names(operation.query), *_names(operation.body)))} | {operation.summary} |\n"
        for name, operation in control_table().operations.items()
    )
    return _HEAD + "".join(rows)


def _names(fields: Mapping[str, Field]) -> Iterator[str]:
    return (f"`{field.name}`" + ("" if field.required else " (optional)") for field in fields.values())
