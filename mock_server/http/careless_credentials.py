"""What a server that reads credentials otherwise makes of a request: other headers, another order of checks.

Asked only while a fault is armed, and only where the other reading leads somewhere else. Most of it falls
before anybody is known, so that such a fault is armed for the whole server.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from sigmic_conformance.mock_server.domain.credentials import TOKEN_PREFIX, is_api_key
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.http.authentication import challenged
from sigmic_conformance.mock_server.http.careless_body import FellOver
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.http.fields import JSON, read_json

Wants = Callable[[str], bool]
"""Whether a fault decides so; ask only where a yes changes what happens."""

_SPELT = frozenset({b"X-API-Key", b"x-api-key", b"X-Api-Key"})
"""How a server that compares header names letter by letter may expect this one."""


def way_of(call: Call, caller: Principal) -> str:
    """Return how a caller came: `token`, `bearer`, `x-api-key`, or one of the latter in odd letters."""
    if caller.is_end_user:
        return "token"
    scheme, _, _ = call.request.headers.get("Authorization", "").strip().partition(" ")
    if scheme:
        return "bearer" if scheme == "Bearer" else "bearer-in-other-letters"
    names = {name for name, _ in call.request.raw_headers if name.lower() == b"x-api-key"}
    return "x-api-key" if names <= _SPELT else "x-api-key-in-other-letters"


def somebody_else(call: Call, caller: Principal, faults: Faults) -> Principal:
    """Return whom the other header names, or an account that only one header knows, when a fault wants it.

    Raises INVALID_API_KEY.
    """
    about = {"operation": call.operation.operation_id}
    offered = call.request.headers.get("X-API-Key", "").strip()
    if not offered:
        return caller
    if not call.request.headers.get("Authorization", "").strip():
        if faults.deviates("auth.account-per-header", caller.project_id, **about) is None:
            return caller
        return replace(caller, app_id="x-api-key", end_user_id=caller.username)
    if faults.deviates("auth.key-first", caller.project_id, **about) is None:
        return caller
    try:
        return call.platform.accounts.authenticate_key(offered)
    except ApiError as refusal:
        raise challenged(refusal) from None


async def read_otherwise(call: Call, refusal: ApiError, faults: Faults) -> Principal | None:
    """Return who a refused caller is after all; None where no fault reads the request otherwise.

    Raises what such a server refuses with instead.
    """

    def wants(decision: str) -> bool:
        about = {"operation": call.operation.operation_id, "code": refusal.code.value}
        return faults.deviates(decision, call.project, task=call.path.get("id"), **about) is not None

    await _look_elsewhere_first(call, wants)
    reading = _READINGS.get(refusal.code)
    return None if reading is None else await reading(call, wants)


async def _look_elsewhere_first(call: Call, wants: Wants) -> None:
    """Do before the credentials are looked at what belongs after that."""
    spoken = call.request.headers.get("Authorization", "")
    if not spoken.isascii() and wants("auth.ascii-only"):
        spoken.encode("ascii")  # falls over, as a server does that compares bytes
    if spoken.isascii() and not spoken.isprintable() and wants("auth.printable-only"):
        raise FellOver("a credential holds what no log line may")
    if "id" in call.path:
        is_unknown = await call.deviation.tasks.project_of(call.path["id"]) is None
        if is_unknown and wants("auth.after-lookup"):
            raise ApiError(ErrorCode.NOT_FOUND, "Task not found")
    creates = call.operation.operation_id == "create_task" and call.request.content_type == JSON
    if creates and wants("auth.after-body"):
        await read_json(call)


async def _key_header(call: Call, wants: Wants) -> Principal | None:
    """Look into the header for keys again: for a token, or for a key beside a bad `Authorization`."""
    accounts, offered = call.platform.accounts, call.request.headers.get("X-API-Key", "").strip()
    if call.request.headers.get("Authorization", "").strip():
        with suppress(ApiError):
            holder = accounts.authenticate_key(offered)
            return holder if wants("auth.either-header") else None
        return None
    if not offered.startswith(TOKEN_PREFIX):
        return None
    try:
        found = await accounts.authenticate_token(offered, call.request.headers.get("Origin"))
    except ApiError as refusal:
        if wants("auth.token-as-key"):
            raise challenged(refusal) from None
        return None
    return found if wants("auth.token-as-key") or wants("auth.good-token-as-key") else None


async def _other_scheme(call: Call, wants: Wants) -> Principal | None:
    spoken = call.request.headers.get("Authorization", "").strip().lower()
    if spoken and not spoken.startswith("bearer") and wants("auth.other-scheme"):
        raise challenged(ApiError(ErrorCode.AUTH_REQUIRED))
    return None


async def _key_in_query(call: Call, wants: Wants) -> Principal | None:
    asked = [value for value in call.request.rel_url.query.values() if is_api_key(value)]
    if not asked or not wants("auth.query-string"):
        return None
    return call.platform.accounts.authenticate_key(asked[0])


async def _any_origin(call: Call, wants: Wants) -> Principal | None:
    if not wants("auth.any-origin"):
        return None
    _scheme, _, token = call.request.headers.get("Authorization", "").partition(" ")
    return await call.platform.accounts.authenticate_token(token.strip(), None)


_READINGS: Mapping[ErrorCode, Callable[[Call, Wants], Awaitable[Principal | None]]] = {
    ErrorCode.INVALID_API_KEY: _key_header,
    ErrorCode.INVALID_AUTH_FORMAT: _other_scheme,
    ErrorCode.AUTH_REQUIRED: _key_in_query,
    ErrorCode.ORIGIN_NOT_ALLOWED: _any_origin,
}
"""What another reading makes of each refusal."""
