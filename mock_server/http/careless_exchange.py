"""What faults make of a token exchange: another lifetime or user, variables where none belong."""

from collections.abc import Mapping
from typing import Any

from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.tokens import DEFAULT_LIFETIME, lifetime_seconds
from sigmic_conformance.mock_server.http.authentication import challenged
from sigmic_conformance.mock_server.http.context import Call

Variables = Mapping[str, Mapping[str, str]]


def _wrong(call: Call, decision: str, code: str | None = None) -> Mapping[str, Any] | None:
    about = {"operation": call.operation.operation_id, "code": code}
    return call.deviation.faults.deviates(decision, call.project, **about)


def fall_over(call: Call, value: object) -> None:
    """Fall over a body that is no object, when a fault wants it: nobody is known yet."""
    if not isinstance(value, dict) and _wrong(call, "token.any-json") is not None:
        raise TypeError(f"the body is a {type(value).__name__}, and was taken for an object")


def mended(call: Call, value: Any) -> Any:
    """Return the request with a lifetime that is none replaced by the default, when a fault takes it."""
    if not isinstance(value, dict) or "expiresIn" not in value or _is_lifetime(value["expiresIn"]):
        return value
    return value if _wrong(call, "token.any-lifetime") is None else {**value, "expiresIn": DEFAULT_LIFETIME}


def _is_lifetime(value: object) -> bool:
    try:
        lifetime_seconds(value)
    except ApiError:
        return False
    return True


def refuse(call: Call, value: Mapping[str, Any]) -> None:
    """Refuse what is right about an exchange: where it stands, its lifetime, its user, its variables.

    Raises INVALID_CREDENTIALS, INVALID_EXPIRES_IN, MISSING_END_USER_ID, INVALID_ENV.
    """
    if "Authorization" not in call.request.headers and _wrong(call, "token.needs-header") is not None:
        raise challenged(ApiError(ErrorCode.INVALID_CREDENTIALS))
    if "expiresIn" in value and _wrong(call, "token.refuse-lifetime") is not None:
        raise ApiError(ErrorCode.INVALID_EXPIRES_IN)
    if not value["endUserId"].isascii() and _wrong(call, "token.plain-users") is not None:
        raise ApiError(ErrorCode.MISSING_END_USER_ID, "endUserId may hold letters, digits and @ . _ - only")
    has_variables = bool(value.get("env") or value.get("secrets"))
    if has_variables and _wrong(call, "token.refuse-variables") is not None:
        raise ApiError(ErrorCode.INVALID_ENV)


def tell_apart(call: Call, app_id: object, refusal: ApiError) -> ApiError:
    """Return the refusal of wrong credentials; a fault tells those who name an app that there is."""
    is_known = call.platform.accounts.project_of_app(app_id) is not None
    if is_known and _wrong(call, "token.app-revealed") is not None:
        return ApiError(refusal.code, "Wrong appSecret")
    return refusal


def lifetime(call: Call, value: Mapping[str, Any]) -> str:
    """Return how long the token is to live: what was asked for, or what a fault makes of it."""
    asked = value.get("expiresIn")
    params = _wrong(call, "token.lifetime", "default" if asked is None else "asked")
    return str(asked or DEFAULT_LIFETIME) if params is None else str(params["expires_in"])


def end_user(call: Call, id: str) -> str:
    """Return whom the token is for; a fault makes each exchange a user of its own."""
    return id if _wrong(call, "token.new-user") is None else f"{id}#{call.headers['X-Request-Id']}"


def told(call: Call, app_id: str, variables: Variables) -> Mapping[str, object]:
    """Return what the token says beside its claims, or instead of them: nothing, unless a fault is armed."""
    if any(variables.values()) and _wrong(call, "token.tells-variables") is not None:
        return variables
    return {} if _wrong(call, "token.one-jti") is None else {"jti": app_id}


def echoed(call: Call, variables: Variables) -> Variables:
    """Return what the answer says beside the token: nothing, unless a fault echoes the variables."""
    return variables if any(variables.values()) and _wrong(call, "token.echo") is not None else {}
