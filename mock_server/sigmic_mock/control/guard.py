"""The guard of the control plane. It decides before a path is even looked at.

A web page open in the owner's browser is the likeliest attacker: DNS rebinding is stopped before this guard
(`http.local_names`), a foreign page by the Origin check, a form post by the JSON-only rule, and all of them
by the token. Rule: a refused call has changed nothing.
"""

import hmac
from collections.abc import Sequence

from aiohttp import web

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.secret import Secret
from sigmic_mock.http.authentication import challenged
from sigmic_mock.http.local_caller import require_no_foreign_page, require_this_machine

_WHAT = "The control plane"
_WHERE = "the control token is in the ready file, the banner and the output of --json"


class Guard:
    """The checks in their order. `public` lifts the one that ties the control plane to this machine."""

    def __init__(self, token: Secret, *, public: bool = False) -> None:
        self._token = token.reveal().encode()
        self._public = public

    def check(self, request: web.BaseRequest) -> None:
        """Raise FORBIDDEN for a foreign peer or page, then AUTH_REQUIRED or INVALID_TOKEN."""
        if not self._public:
            require_this_machine(request, _WHAT)
        # No CORS header is ever sent: there is no preflight either.
        require_no_foreign_page(request, _WHAT)
        self._check_token(request.headers.getall("Authorization", ()))

    def _check_token(self, authorization: Sequence[str]) -> None:
        if not authorization:
            raise challenged(
                ApiError(ErrorCode.AUTH_REQUIRED, f"Send Authorization: Bearer <control token>; {_WHERE}")
            )
        scheme, _, token = authorization[0].partition(" ")
        offered = token.strip(" \t").encode("utf-8", "surrogateescape")
        if (
            len(authorization) != 1
            or scheme.lower() != "bearer"
            or not hmac.compare_digest(offered, self._token)
        ):
            raise challenged(ApiError(ErrorCode.INVALID_TOKEN, f"That is not the control token; {_WHERE}"))


def check_json(request: web.BaseRequest) -> None:
    """Refuse a body that is not declared as JSON: a form on a foreign page can send any other kind."""
    declared = request.headers.getall("Content-Type", ())
    if len(declared) != 1 or request.content_type.lower() != "application/json":
        raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send Content-Type: application/json")
