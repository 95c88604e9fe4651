"""Faults of a token exchange: another lifetime or user, variables where none belong."""

from collections.abc import Mapping
from typing import Any

from sigmic_conformance.mock_server.domain.accounts import WidgetApp
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.tokens import DEFAULT_LIFETIME, lifetime_seconds
from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.behaviour.context import FaultyContext
from sigmic_conformance.mock_server.faults.behaviour.fields import refuse_media
from sigmic_conformance.mock_server.http.authentication import challenged
from sigmic_conformance.mock_server.http.context import RequestContext
from sigmic_conformance.mock_server.http.envelope import Answer
from sigmic_conformance.mock_server.http.handlers.tokens import TokenExchange, Variables
from sigmic_conformance.mock_server.service.accounts import IssuedToken
from sigmic_conformance.spec.document import Body


async def create_token(ctx: RequestContext) -> Answer:
    """Exchange credentials for a token as the armed faults will have it."""
    return await FaultyTokenExchange(FaultyContext.of(ctx)).answer()


class FaultyTokenExchange(TokenExchange):
    """One exchange with the faults that it meets."""

    ctx: FaultyContext

    def __init__(self, ctx: FaultyContext) -> None:
        super().__init__(ctx)
        self._variables: Variables = {}

    @property
    def _asker(self) -> Asker:
        return self.ctx.asker()

    def asked(self, value: Any) -> Any:
        value = super().asked(value)
        if not isinstance(value, dict):
            if self._asker.wanted("token.any-json"):
                raise TypeError(f"the body is a {type(value).__name__}, and was taken for an object")
            return value
        if "expiresIn" not in value or _is_lifetime(value["expiresIn"]):
            return value
        is_taken = self._asker.wanted("token.any-lifetime")
        return {**value, "expiresIn": DEFAULT_LIFETIME} if is_taken else value

    def identify(self, declared: Body, value: Any) -> WidgetApp:
        try:
            return super().identify(declared, value)
        except ApiError as refusal:
            is_about_secret = (
                refusal.code is ErrorCode.INVALID_CREDENTIALS
                and self.accounts.project_of_app(value["appId"]) is not None
            )
            if is_about_secret and self._asker.wanted("token.app-revealed"):
                raise challenged(ApiError(refusal.code, "Wrong appSecret")) from None
            raise

    def checked(self, value: Mapping[str, Any]) -> Variables:
        """Refuse what is right: the media type, where credentials stand, lifetime, user, variables."""
        asker, request = self._asker, self.ctx.request
        refuse_media(request, self.ctx.operation, asker)
        if "Authorization" not in request.headers and asker.wanted("token.needs-header"):
            raise challenged(ApiError(ErrorCode.INVALID_CREDENTIALS))
        if "expiresIn" in value and asker.wanted("token.refuse-lifetime"):
            raise ApiError(ErrorCode.INVALID_EXPIRES_IN)
        if not value["endUserId"].isascii() and asker.wanted("token.plain-users"):
            raise ApiError(
                ErrorCode.MISSING_END_USER_ID, "endUserId may hold letters, digits and @ . _ - only"
            )
        has_variables = bool(value.get("env") or value.get("secrets"))
        if has_variables and asker.wanted("token.refuse-variables"):
            raise ApiError(ErrorCode.INVALID_ENV)
        return super().checked(value)

    async def issue(self, app: WidgetApp, value: Mapping[str, Any], variables: Variables) -> IssuedToken:
        """Issue the token for somebody else, or with claims that it must not have, when faults want it."""
        asker = self._asker
        self._variables = variables
        user = value["endUserId"]
        if asker.wanted("token.new-user"):
            user = f"{user}#{self.ctx.id}"
        asked = value.get("expiresIn")
        lifetime = asker.parameters("token.lifetime", "default" if asked is None else "asked")
        expires_in = str(asked or DEFAULT_LIFETIME) if lifetime is None else str(lifetime["expires_in"])
        told: Mapping[str, object] = {}
        if any(variables.values()) and asker.wanted("token.tells-variables"):
            told = variables
        elif asker.wanted("token.one-jti"):
            told = {"jti": app.id}
        accounts = self.ctx.services.accounts
        issued = await accounts.exchange(
            app,
            user,
            lifetime_seconds=lifetime_seconds(expires_in),
            env=variables["env"],
            secrets=variables["secrets"],
        )
        return await accounts.claim_more(issued, told) if told else issued

    def told(self, issued: IssuedToken) -> Answer:
        answer = super().told(issued)
        if any(self._variables.values()) and self._asker.wanted("token.echo"):
            return Answer(data={**answer.data, **self._variables})
        return answer


def _is_lifetime(value: object) -> bool:
    try:
        lifetime_seconds(value)
    except ApiError:
        return False
    return True
