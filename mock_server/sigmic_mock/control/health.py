"""GET /health and /openapi.json: the control plane answers, the token is right, and what can be asked."""

from collections.abc import Mapping
from typing import Any

from sigmic_mock.control.openapi import document_of
from sigmic_mock.control.router import ControlCall, Handlers, by_name
from sigmic_mock.control.table import control_table


def handlers(version: str) -> Handlers:
    """Return the handlers."""

    async def health(_call: ControlCall) -> dict[str, str]:
        return {"status": "ok", "version": version}

    async def document(_call: ControlCall) -> Mapping[str, Any]:
        return document_of(control_table())

    return by_name(health, document)
