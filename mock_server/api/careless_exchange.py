"""What faults make of a token exchange: another lifetime or user, variables where none belong."""

from collections.abc import Mapping
from typing import Any

from mock_server.api.call import Call
from mock_server.core.errors import ApiError, ErrorCode
from mock_server.core.tokens import DEFAULT_LIFETIME

Variables = Mapping[str, Mapping[str, str]]


def _wrong(call: Call, decision: str) -> Mapping[str, Any] | None:
    about = {"operation": call.operation.operation_id}
    return call.deviation.faults.deviates(decision, call.project, **about)


def refuse(call: Call, value: Mapping[str, Any]) -> None:
    """Refuse a right lifetime or right variables. Raises INVALID_EXPIRES_IN, INVALID_ENV."""
    if "expiresIn" in value and _wrong(call, "token.refuse-lifetime") is not None:
        raise ApiError(ErrorCode.INVALID_EXPIRES_IN)
    has_variables = bool(value.get("env") or value.get("secrets"))
    if has_variables and _wrong(call, "token.refuse-variables") is not None:
        raise ApiError(ErrorCode.INVALID_ENV)


def default_lifetime(call: Call) -> str:
    """Return how long a token lives that was asked for without `expiresIn`."""
    params = _wrong(call, "token.lifetime")
    return DEFAULT_LIFETIME if params is None else str(params["expires_in"])


def end_user(call: Call, id: str) -> str:
    """Return whom the token is for; a fault makes each exchange a user of its own."""
    return id if _wrong(call, "token.new-user") is None else f"{id}#{call.headers['X-Request-Id']}"


def told(call: Call, variables: Variables) -> Variables:
    """Return what the token says beside its claims: nothing, unless a fault puts the variables there."""
    return variables if any(variables.values()) and _wrong(call, "token.tells-variables") is not None else {}


def echoed(call: Call, variables: Variables) -> Variables:
    """Return what the answer says beside the token: nothing, unless a fault echoes the variables."""
    return variables if any(variables.values()) and _wrong(call, "token.echo") is not None else {}
