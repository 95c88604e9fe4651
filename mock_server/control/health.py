"""GET /health: the control plane answers and the token is right. For programs that have just started it."""

from sigmic_conformance.mock_server.control.router import ControlCall, Handlers, by_name


def handlers(version: str) -> Handlers:
    """Return the handlers."""

    async def health(_call: ControlCall) -> dict[str, str]:
        return {"status": "ok", "version": version}

    return by_name(health)
