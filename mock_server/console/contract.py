"""GET /console/api/openapi.json: the console's contract, derived from its table."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sigmic_conformance.mock_server.console.router import ConsoleCall, Handlers, Said, console_table
from sigmic_conformance.mock_server.control.openapi import document_of


@cache
def load_contract() -> Mapping[str, Any]:
    """Return the document; made once, when it is first asked for."""
    return document_of(console_table())


def handlers() -> Handlers:
    """Return the handler."""

    async def document(_call: ConsoleCall) -> Said:
        return Said(data=load_contract())

    return {"document": document}
