"""How the chat page gets a credential on the owner's own machine (ADR 22).

The page asks by a POST; the answer holds the local API key, which is the same on every machine and no secret.
All other callers are refused: other machines, other pages (whose browser sends `Origin` and
`Sec-Fetch-Site`), and forms. Nothing is stored: no cookie, no session.
"""

from collections.abc import Mapping

from aiohttp import web
from multidict import CIMultiDict

from sigmic_mock.control.guard import check_json
from sigmic_mock.domain.errors import ApiError, ErrorCode, method_not_allowed
from sigmic_mock.domain.secret import Secret
from sigmic_mock.http.envelope import Answer, encoded_answer
from sigmic_mock.http.local_caller import require_own_page, require_this_machine

_WHAT = "Signing in without a password"


class SignIn:
    """Gives the local key to this server's own pages. It has no `key` without the default accounts."""

    def __init__(self, key: Secret | None) -> None:
        self._key = key

    def answer(self, request: web.BaseRequest, headers: Mapping[str, str]) -> web.Response:
        """Return the key; raises FORBIDDEN, METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE."""
        if request.method != "POST":
            raise method_not_allowed(["POST"])
        require_this_machine(request, _WHAT)
        require_own_page(request, _WHAT)
        check_json(request)
        if self._key is None:
            raise ApiError(
                ErrorCode.FORBIDDEN, "This server has no local account: use a key of its configuration"
            )
        said = Answer(data={"apiKey": self._key.reveal(), "username": "local"})
        return encoded_answer(said.encoded(), CIMultiDict(headers))
