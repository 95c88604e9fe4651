"""Browsers: preflights from allowed and foreign origins, and tokens used from origins that nearly match."""

from urllib.parse import urlsplit

from sigmic_conformance.traffic.callers import NOBODY, Caller
from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted
from sigmic_conformance.traffic.probe import probe
from sigmic_conformance.traffic.probes.token import FOREIGN, WIDGET, user
from sigmic_conformance.traffic.prompts import nonce
from sigmic_conformance.wire.transcript import CORS_PREFLIGHT


@probe(seconds=1, capabilities=["widget"], requires=WIDGET)
async def origins(driver: Driver) -> None:
    """Ask for permission from several origins, and use a token from origins one part off."""
    allowed = driver.profile.allowed_origin
    if allowed is None:
        raise Interrupted("the profile names no allowed origin (widget: allowed_origin)")
    for label, operation, method, origin in (
        ("preflight: create", "create_task", "POST", allowed),
        ("preflight: stream", "stream_task", "GET", allowed),
        ("preflight: token, foreign", "create_token", "POST", FOREIGN),
        ("preflight: create, foreign", "create_task", "POST", FOREIGN),
    ):
        await driver.request(
            "OPTIONS",
            driver.writer.target(operation, {"id": "any"} if operation == "stream_task" else {}, {}),
            operation=CORS_PREFLIGHT,  # not an operation: its checks must not see this request
            label=label,
            caller=NOBODY,
            headers=(
                ("Origin", origin),
                ("Access-Control-Request-Method", method),
                ("Access-Control-Request-Headers", "authorization,content-type"),
            ),
        )
    caller = await user(driver, f"user-{nonce()}", label="token")
    token, _ = caller.headers
    await driver.call("list_tasks", label="no origin", caller=Caller(caller.role, (token,)))
    parts = urlsplit(allowed)
    other = "http" if parts.scheme == "https" else "https"
    near = {
        "allowed": allowed,
        "other scheme": f"{other}://{parts.netloc}",
        "other host": f"{parts.scheme}://not-{parts.netloc}",
        "other port": f"{parts.scheme}://{parts.hostname}:{(parts.port or 443) + 1}",
    }
    for label, near_origin in near.items():
        await driver.call("list_tasks", label=label, caller=caller, headers=(("Origin", near_origin),))
