"""GET /health: the control plane answers and the token is right. For programs that have just started it."""

from collections.abc import Iterable

from sigmic_conformance.mock_server.control.router import ControlCall, ControlRoute


def routes(version: str) -> Iterable[ControlRoute]:
    """Return the route."""

    async def health(_call: ControlCall) -> dict[str, str]:
        return {"status": "ok", "version": version}

    return (ControlRoute("GET", "/health", health, scoped=False),)
