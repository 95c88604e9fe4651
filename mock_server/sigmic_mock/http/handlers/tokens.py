"""POST /auth/token: exchange a widget app's credentials for a short-lived token of one end user."""

from collections.abc import Mapping
from typing import Any

from sigmic_mock.domain.accounts import WidgetApp
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.payloads import timestamp
from sigmic_mock.domain.tokens import DEFAULT_LIFETIME, lifetime_seconds
from sigmic_mock.domain.variables import check_variables
from sigmic_mock.http.authentication import challenged
from sigmic_mock.http.body import decoded_json
from sigmic_mock.http.context import RequestContext
from sigmic_mock.http.envelope import Answer
from sigmic_mock.http.validation import refusals
from sigmic_mock.service.accounts import Accounts, IssuedToken
from sigmic_spec.document import Body

Variables = Mapping[str, dict[str, str]]
"""`env` and `secrets`."""


async def create_token(ctx: RequestContext) -> Answer:
    """Exchange credentials for a token."""
    return await TokenExchange(ctx).answer()


class TokenExchange:
    """One exchange. An unidentified caller learns nothing about the rest of its request (G-98)."""

    def __init__(self, ctx: RequestContext) -> None:
        self.ctx = ctx

    @property
    def accounts(self) -> Accounts:
        """The service that knows apps and issues tokens."""
        return self.ctx.platform.accounts

    async def answer(self) -> Answer:
        """Read the body, identify the app, check the request, issue the token."""
        self.accounts.require_jwt()
        body = self.ctx.body()
        declared = body.declared()
        raw = await body.read()
        value = self.asked(await decoded_json(raw))
        app = self.identify(declared, value)
        variables = self.checked(value)
        issued = await self.issue(app, value, variables)
        # The answer does not contain the variables.
        return Answer(data={"token": issued.token, "expiresAt": timestamp(issued.expires_at)})

    def asked(self, value: Any) -> Any:
        """Return the content of a body, not yet validated. Its app determines the request's project."""
        project = self.accounts.project_of_app(value.get("appId")) if isinstance(value, dict) else None
        if project is not None:
            self.ctx.set_project(project)
        return value

    def identify(self, declared: Body, value: Any) -> WidgetApp:
        """Return the app. INVALID_CREDENTIALS takes precedence over errors in the rest."""
        wrong = list(refusals(self.ctx.services.document, declared, value))
        if wrong and (wrong[0].code is ErrorCode.MISSING_CREDENTIALS or not _has_credentials(value)):
            raise wrong[0]
        try:
            app = self.accounts.authenticate_app(value["appId"], value["appSecret"])
        except ApiError as refusal:
            raise challenged(refusal) from None
        if wrong:
            raise wrong[0]
        return app

    def checked(self, value: Mapping[str, Any]) -> Variables:
        """Return the variables. Raises INVALID_ENV."""
        return {name: check_variables(name, value.get(name, {})) for name in ("env", "secrets")}

    async def issue(self, app: WidgetApp, value: Mapping[str, Any], variables: Variables) -> IssuedToken:
        """Issue the token. Raises INVALID_EXPIRES_IN."""
        lifetime = lifetime_seconds(value.get("expiresIn") or DEFAULT_LIFETIME)
        return await self.accounts.exchange(
            app,
            value["endUserId"],
            lifetime_seconds=lifetime,
            env=variables["env"],
            secrets=variables["secrets"],
        )


def _has_credentials(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(name), str) for name in ("appId", "appSecret")
    )
