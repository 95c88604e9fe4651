"""GET /openapi.json: the control plane's own contract, `control.yaml` beside this module."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from sigmic_conformance.mock_server.control.router import ControlCall, ControlRoute


@cache
def load_contract() -> Mapping[str, Any]:
    """Return the document; read once, when it is first asked for."""
    text = Path(__file__).with_name("control.yaml").read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - both are safe


def routes() -> Iterable[ControlRoute]:
    """Return the route."""

    async def document(_call: ControlCall) -> Mapping[str, Any]:
        return load_contract()

    return (ControlRoute("GET", "/openapi.json", document, scoped=False),)
