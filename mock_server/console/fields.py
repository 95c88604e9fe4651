"""Fields that bodies of several resources have."""

import re

from sigmic_conformance.mock_server.console.router import ConsoleCall
from sigmic_conformance.mock_server.control.router import one_of
from sigmic_conformance.mock_server.domain.credentials import LONGEST_ORIGIN, is_origin
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.model import Role

LONGEST_NAME = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_MOST_ORIGINS = 100


def name_of(call: ConsoleCall) -> str:
    """Return the field `name`; raises VALIDATION_ERROR, as the others do."""
    name = call.body.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > LONGEST_NAME:
        raise ApiError(ErrorCode.VALIDATION_ERROR, f"name must be a text of 1 to {LONGEST_NAME} characters")
    if _CONTROL.search(name):
        raise ApiError(ErrorCode.VALIDATION_ERROR, "name must be one line, without control characters")
    return name


def role_of(call: ConsoleCall, default: Role | None) -> Role:
    """Return the field `role`."""
    given = call.body.get("role", default.value if default else None)
    if not isinstance(given, str):
        raise ApiError(ErrorCode.VALIDATION_ERROR, "role must be a string")
    return Role(one_of("role", given, [role.value for role in Role]))


def origins_of(call: ConsoleCall) -> frozenset[str]:
    """Return the field `allowedOrigins`; without it none is allowed."""
    given = call.body.get("allowedOrigins", [])
    if not isinstance(given, list) or len(given) > _MOST_ORIGINS:
        raise ApiError(
            ErrorCode.VALIDATION_ERROR, f"allowedOrigins must be a list of at most {_MOST_ORIGINS}"
        )
    for origin in given:
        if not isinstance(origin, str) or not is_origin(origin):
            message = (
                "An origin is scheme://host[:port] in small letters, without path or wildcard, "
                f"of at most {LONGEST_ORIGIN} characters"
            )
            raise ApiError(ErrorCode.VALIDATION_ERROR, message)
    return frozenset(given)
