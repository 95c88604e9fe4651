"""Who is let in, and who is not, when faults stand at the door. Without an armed fault the refusal stands."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from sigmic_conformance.mock_server.domain.credentials import TOKEN_PREFIX, uuid_of
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Principal
from sigmic_conformance.mock_server.faults.engine import Faults
from sigmic_conformance.mock_server.http.authentication import challenged
from sigmic_conformance.mock_server.http.careless_credentials import read_otherwise, way_of
from sigmic_conformance.mock_server.http.context import Call

_SEGMENTS = 3


def turn_away(call: Call, caller: Principal, faults: Faults) -> None:
    """Refuse a rightful caller, when a fault wants it, by the way that they came."""
    about = {"operation": call.operation.operation_id, "code": way_of(call, caller)}
    params = faults.deviates("auth.refuse", caller.project_id, **about)
    if params is not None:
        raise challenged(ApiError(ErrorCode(params["code"])))


async def taken_for(call: Call, refusal: ApiError, faults: Faults) -> Principal:
    """Return who a refused caller is taken for, when a fault lets them in; else raise the refusal."""
    found = await read_otherwise(call, refusal, faults)
    if found is not None:
        return found
    project = await call.deviation.tasks.project_of(call.path.get("id", "")) or call.project
    about = {"operation": call.operation.operation_id, "code": refusal.code.value}
    if refusal.code is ErrorCode.INVALID_TOKEN:
        flaw, claims = await _examined(call)
        if flaw and faults.deviates(f"auth.{flaw}", project, task=call.path.get("id"), **about) is not None:
            return _named(call, claims)
    if faults.deviates("auth.accept", project, task=call.path.get("id"), **about) is None:
        raise refusal
    holder = project or call.platform.accounts.project_named(None)
    return Principal(project_id=holder, api_key_id=uuid_of("anybody"), username="anybody")


async def _examined(call: Call) -> tuple[str, Mapping[str, Any]]:
    """Return what is wrong with a token (`expired`, `unsigned` or `forged`), and what it claims.

    The flaw is empty when it is no token at all.
    """
    _scheme, _, token = call.request.headers.get("Authorization", "").partition(" ")
    segments = token.strip().split(".")
    if not token.startswith(TOKEN_PREFIX) or len(segments) != _SEGMENTS:
        return "", {}
    header, claims = (_decoded(segment) for segment in segments[:2])
    if not header or not claims:
        return "", {}
    if header.get("alg") == "none":
        return "unsigned", claims
    is_ours = await call.platform.accounts.has_signed(token.strip())
    return ("expired" if is_ours else "forged"), claims


def _decoded(segment: str) -> Mapping[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _named(call: Call, claims: Mapping[str, Any]) -> Principal:
    """Return who the token says it is, as far as it says so."""
    accounts = call.platform.accounts
    app, user = claims.get("app"), str(claims.get("sub") or "anybody")
    return Principal(
        project_id=accounts.project_of_app(app) or accounts.project_named(None),
        api_key_id=uuid_of(str(app)),
        username=user,
        app_id=str(app),
        end_user_id=user,
        token_id=str(claims.get("jti") or user),
    )
