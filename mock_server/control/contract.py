"""GET /openapi.json: the control plane's contract, derived from its table."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sigmic_conformance.mock_server.control.openapi import document_of
from sigmic_conformance.mock_server.control.router import ControlCall, Handlers
from sigmic_conformance.mock_server.control.table import control_table


@cache
def load_contract() -> Mapping[str, Any]:
    """Return the document; made once, when it is first asked for."""
    return document_of(control_table())


def handlers() -> Handlers:
    """Return the handler."""

    async def document(_call: ControlCall) -> Mapping[str, Any]:
        return load_contract()

    return {"document": document}
