"""GET /console/api/openapi.json: the console's own contract, `console.yaml` beside this module."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sigmic_conformance.mock_server.console.router import ConsoleCall, ConsoleRoute, Said


@cache
def load_contract() -> Mapping[str, Any]:
    """Return the document; read once, when it is first asked for."""
    text = Path(__file__).with_name("console.yaml").read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - both are safe


def routes() -> Iterable[ConsoleRoute]:
    """Return the route."""

    async def document(_call: ConsoleCall) -> Said:
        return Said(data=load_contract(), bare=True)

    return (ConsoleRoute("GET", "/openapi.json", document, is_open=True),)
