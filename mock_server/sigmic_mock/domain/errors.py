"""The error catalogue: every code the platform can answer with, once.

Handlers and services raise `ApiError`, and `http/app` answers with it. Internal errors are ordinary
exceptions: they become INTERNAL_ERROR there and never reach a body.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Self


class ErrorCode(StrEnum):
    """The machine-readable `error.code` of the envelope, with its HTTP status and default message."""

    def __new__(cls, code: str, status: int, message: str, origin: str = "documented") -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.status = status
        member.message = message
        member.is_documented = origin == "documented"
        return member

    status: int
    message: str
    is_documented: bool

    AUTH_REQUIRED = "AUTH_REQUIRED", 401, "Authentication required"
    INVALID_API_KEY = "INVALID_API_KEY", 401, "Invalid or expired API key"
    INVALID_AUTH_FORMAT = "INVALID_AUTH_FORMAT", 401, "Unrecognised credential format"
    INVALID_TOKEN = "INVALID_TOKEN", 401, "Invalid or expired token"
    JWT_NOT_CONFIGURED = "JWT_NOT_CONFIGURED", 501, "JWT signing is not configured on this server"
    ORIGIN_NOT_ALLOWED = "ORIGIN_NOT_ALLOWED", 403, "Origin not allowed for this widget app"
    MISSING_CREDENTIALS = "MISSING_CREDENTIALS", 400, "appId and appSecret are required"
    MISSING_END_USER_ID = "MISSING_END_USER_ID", 400, "endUserId is required"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS", 401, "Invalid app credentials"
    INVALID_EXPIRES_IN = "INVALID_EXPIRES_IN", 400, "expiresIn must look like 30m, 1h or 7d"
    INVALID_ENV = "INVALID_ENV", 400, "Invalid environment variable"
    FORBIDDEN = "FORBIDDEN", 403, "The required role is missing"
    NOT_FOUND = "NOT_FOUND", 404, "Not found"
    VALIDATION_ERROR = "VALIDATION_ERROR", 400, "Invalid request"
    # Decided where the documentation is silent (decisions G-05 .. G-31).
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED", 405, "Method not allowed", "decided"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported content type", "decided"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE", 413, "Request body too large", "decided"
    FILE_TOO_LARGE = "FILE_TOO_LARGE", 413, "A file exceeds the limit of 50 MB", "decided"
    TOO_MANY_FILES = "TOO_MANY_FILES", 400, "At most 20 files per request", "decided"
    INVALID_ARCHIVE = "INVALID_ARCHIVE", 400, "The ZIP archive was refused", "decided"
    CONFLICT = "CONFLICT", 409, "The task is not in a state that allows this", "decided"
    RATE_LIMITED = "RATE_LIMITED", 429, "Too many requests", "decided"
    INTERNAL_ERROR = "INTERNAL_ERROR", 500, "Internal error", "decided"


class ApiError(Exception):
    """A refusal that is sent to the caller.

    `message` is shown to the caller verbatim: it must never hold a path of the server, a stack trace or a
    secret. Without one the default of the code is used. `headers` are added to the answer (`Allow`,
    `Retry-After`).
    """

    def __init__(
        self, code: ErrorCode, message: str | None = None, *, headers: Mapping[str, str] | None = None
    ) -> None:
        self.code = code
        self.status = code.status
        self.message = message or code.message
        self.headers = dict(headers or {})
        super().__init__(f"{code}: {self.message}")


def method_not_allowed(allowed: Iterable[str]) -> ApiError:
    """Return the refusal of a method, which names those that the path supports."""
    methods = ", ".join(sorted(allowed))
    message = f"Method not allowed; use {methods}"
    return ApiError(ErrorCode.METHOD_NOT_ALLOWED, message, headers={"Allow": methods})
