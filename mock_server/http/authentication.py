"""From the request's headers to who is calling. Nothing else about the request is looked at before (G-98)."""

from aiohttp import web

from sigmic_conformance.mock_server.domain.credentials import KeyCredential, read_credential
from sigmic_conformance.mock_server.domain.errors import ApiError
from sigmic_conformance.mock_server.domain.model import Principal
from sigmic_conformance.mock_server.service.accounts import Accounts

_UNAUTHORIZED = 401
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="sigmic"'}


async def authenticate(request: web.BaseRequest, accounts: Accounts) -> Principal:
    """Return the caller; raises one of the authentication errors, a 401 with its challenge (RFC 9110)."""
    try:
        credential = read_credential(
            request.headers.getall("Authorization", ()), request.headers.getall("X-API-Key", ())
        )
        if isinstance(credential, KeyCredential):
            return accounts.authenticate_key(credential.text)
        # Several are judged as one list (RFC 9110, 5.3), which is no origin that an app could allow.
        origins = request.headers.getall("Origin", ())
        return await accounts.authenticate_token(credential.text, ", ".join(origins) if origins else None)
    except ApiError as refusal:
        raise challenged(refusal) from None


def challenged(refusal: ApiError) -> ApiError:
    """Return `refusal`, with the challenge that a 401 must carry."""
    if refusal.status == _UNAUTHORIZED:
        refusal.headers.update(_CHALLENGE)
    return refusal
