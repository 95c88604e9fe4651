"""The error catalogue: every code the platform can answer with, once.

Handlers and services raise `ApiError`; one middleware renders the envelope
``{"success": false, "error": {"message", "code"}}`` (C-04). Internal errors are ordinary exceptions: they
become INTERNAL_ERROR at the edge and never reach a body.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class ErrorCode(StrEnum):
    """The machine-readable `error.code` of the envelope."""

    AUTH_REQUIRED = "AUTH_REQUIRED"
    INVALID_API_KEY = "INVALID_API_KEY"
    INVALID_AUTH_FORMAT = "INVALID_AUTH_FORMAT"
    INVALID_TOKEN = "INVALID_TOKEN"  # noqa: S105 - a code, not a password
    JWT_NOT_CONFIGURED = "JWT_NOT_CONFIGURED"
    ORIGIN_NOT_ALLOWED = "ORIGIN_NOT_ALLOWED"
    MISSING_CREDENTIALS = "MISSING_CREDENTIALS"
    MISSING_END_USER_ID = "MISSING_END_USER_ID"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    INVALID_EXPIRES_IN = "INVALID_EXPIRES_IN"
    INVALID_ENV = "INVALID_ENV"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    VALIDATION_ERROR = "VALIDATION_ERROR"
    # Decided where the documentation is silent (decisions G-05 .. G-31).
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    TOO_MANY_FILES = "TOO_MANY_FILES"
    INVALID_ARCHIVE = "INVALID_ARCHIVE"
    CONFLICT = "CONFLICT"
    RATE_LIMITED = "RATE_LIMITED"
    INTERNAL_ERROR = "INTERNAL_ERROR"


@dataclass(frozen=True, slots=True)
class Definition:
    """HTTP status and default message of one code."""

    status: int
    message: str
    documented: bool


def _documented(status: int, message: str) -> Definition:
    return Definition(status, message, documented=True)


def _decided(status: int, message: str) -> Definition:
    return Definition(status, message, documented=False)


CATALOGUE: Mapping[ErrorCode, Definition] = MappingProxyType(
    {
        ErrorCode.AUTH_REQUIRED: _documented(401, "Authentication required"),
        ErrorCode.INVALID_API_KEY: _documented(401, "Invalid or expired API key"),
        ErrorCode.INVALID_AUTH_FORMAT: _documented(401, "Unrecognised credential format"),
        ErrorCode.INVALID_TOKEN: _documented(401, "Invalid or expired token"),
        ErrorCode.JWT_NOT_CONFIGURED: _documented(501, "JWT signing is not configured on this server"),
        ErrorCode.ORIGIN_NOT_ALLOWED: _documented(403, "Origin not allowed for this widget app"),
        ErrorCode.MISSING_CREDENTIALS: _documented(400, "appId and appSecret are required"),
        ErrorCode.MISSING_END_USER_ID: _documented(400, "endUserId is required"),
        ErrorCode.INVALID_CREDENTIALS: _documented(401, "Invalid app credentials"),
        ErrorCode.INVALID_EXPIRES_IN: _documented(400, "expiresIn must look like 30m, 1h or 7d"),
        ErrorCode.INVALID_ENV: _documented(400, "Invalid environment variable"),
        ErrorCode.FORBIDDEN: _documented(403, "The required role is missing"),
        ErrorCode.NOT_FOUND: _documented(404, "Not found"),
        ErrorCode.VALIDATION_ERROR: _documented(400, "Invalid request"),
        ErrorCode.METHOD_NOT_ALLOWED: _decided(405, "Method not allowed"),
        ErrorCode.UNSUPPORTED_MEDIA_TYPE: _decided(415, "Unsupported content type"),
        ErrorCode.PAYLOAD_TOO_LARGE: _decided(413, "Request body too large"),
        ErrorCode.FILE_TOO_LARGE: _decided(413, "A file exceeds the limit of 50 MB"),
        ErrorCode.TOO_MANY_FILES: _decided(400, "At most 20 files per request"),
        ErrorCode.INVALID_ARCHIVE: _decided(400, "The ZIP archive was refused"),
        ErrorCode.CONFLICT: _decided(409, "The task is not in a state that allows this"),
        ErrorCode.RATE_LIMITED: _decided(429, "Too many requests"),
        ErrorCode.INTERNAL_ERROR: _decided(500, "Internal error"),
    }
)


class ApiError(Exception):
    """A refusal that the caller is told about.

    `message` is shown to the caller verbatim: it must never hold a path of the server, a stack trace or a
    secret. Without one the catalogue's default is used. `headers` are added to the answer (`Allow`,
    `Retry-After`).
    """

    def __init__(
        self, code: ErrorCode, message: str | None = None, *, headers: Mapping[str, str] | None = None
    ) -> None:
        self.code = code
        self.status = CATALOGUE[code].status
        self.message = message or CATALOGUE[code].message
        self.headers = dict(headers or {})
        super().__init__(f"{code}: {self.message}")
