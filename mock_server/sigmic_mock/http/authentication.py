"""Identify the caller from the request's headers. Nothing else of the request is read before (G-98)."""

from sigmic_mock.domain.credentials import KeyCredential, read_credential
from sigmic_mock.domain.errors import ApiError
from sigmic_mock.domain.model import Principal
from sigmic_mock.http.context import RequestContext
from sigmic_mock.service.accounts import Accounts

_UNAUTHORIZED = 401
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="sigmic"'}


class Authenticator:
    """Identifies callers by their API key or token."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts

    async def authenticate(self, ctx: RequestContext) -> Principal:
        """Return the caller. Raises an authentication error, for 401 with its challenge (RFC 9110)."""
        headers = ctx.request.headers
        try:
            credential = read_credential(headers.getall("Authorization", ()), headers.getall("X-API-Key", ()))
            if isinstance(credential, KeyCredential):
                return self.accounts.authenticate_key(credential.text)
            # Several headers count as one list (RFC 9110, 5.3), which matches no origin of an app.
            origins = headers.getall("Origin", ())
            return await self.accounts.authenticate_token(
                credential.text, ", ".join(origins) if origins else None
            )
        except ApiError as refusal:
            raise challenged(refusal) from None


def challenged(refusal: ApiError) -> ApiError:
    """Return `refusal` with the challenge that a 401 must have."""
    if refusal.status == _UNAUTHORIZED:
        refusal.headers.update(_CHALLENGE)
    return refusal
