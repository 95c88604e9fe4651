"""Token exchanges with another lifetime or user, and variables in requests that may not have any."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

from sigmic_mock.domain.accounts import WidgetApp
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.faults.effect import after, before, effect
from sigmic_mock.faults.effects.bodies import refuse_media
from sigmic_mock.faults.engine import Here
from sigmic_mock.http.authentication import challenged
from sigmic_mock.http.envelope import Answer
from sigmic_mock.http.handlers.tokens import TokenExchange, Variables
from sigmic_mock.service.accounts import Accounts, IssuedToken
from sigmic_spec.document import Body

Value = Mapping[str, Any]
_VARIABLES: WeakKeyDictionary[TokenExchange, Variables] = WeakKeyDictionary()
"""The variables of an exchange, until it is answered."""


@after("token.any-json", at=TokenExchange.asked)
def crashes_at_other_json(here: Here, _self: TokenExchange, value: Any, _given: Any) -> Any:
    if not isinstance(value, dict) and here.fires():
        raise TypeError(f"the body is a {type(value).__name__}, and was taken for an object")
    return value


@effect("token.app-revealed", at=TokenExchange.identify)
def reveals_app(here: Here, self: TokenExchange, declared: Body, value: Any) -> WidgetApp:
    try:
        return here.step(declared, value)
    except ApiError as refusal:
        is_about_secret = (
            refusal.code is ErrorCode.INVALID_CREDENTIALS
            and self.accounts.project_of_app(value["appId"]) is not None
        )
        if is_about_secret and here.fires():
            raise challenged(ApiError(refusal.code, "Wrong appSecret")) from None
        raise


@before("body.refuse", at=TokenExchange.checked)
def refuses_token_media(here: Here, self: TokenExchange, *_: object) -> None:
    refuse_media(here, self.ctx.request, self.ctx.operation)


@before("token.needs-header", at=TokenExchange.checked)
def needs_header(here: Here, self: TokenExchange, *_: object) -> None:
    if "Authorization" not in self.ctx.request.headers and here.fires():
        raise challenged(ApiError(ErrorCode.INVALID_CREDENTIALS))


def _refuses(point: str, error: ErrorCode, is_meant: Callable[[Value], object]) -> None:
    """Register an effect that refuses an exchange for a valid value."""

    @before(point, at=TokenExchange.checked)
    def refuse(here: Here, _self: TokenExchange, value: Value) -> None:
        if is_meant(value) and here.fires():
            raise ApiError(error)


_refuses("token.lifetime-refused", ErrorCode.INVALID_EXPIRES_IN, lambda value: "expiresIn" in value)
_refuses("token.variables-refused", ErrorCode.INVALID_ENV, lambda it: it.get("env") or it.get("secrets"))


async def _claim(accounts: Accounts, issued: IssuedToken, claims: Mapping[str, object]) -> IssuedToken:
    """Return a token with `claims` in addition to its own, or instead of them."""
    signer = await accounts.open_signer()
    return replace(issued, token=signer.sign({**signer.open(issued.token), **claims}))


@after("token.tells-variables", at=TokenExchange.issue)
async def claims_variables(
    here: Here, self: TokenExchange, issued: IssuedToken, _app: WidgetApp, _value: Value, variables: Variables
) -> IssuedToken:
    is_meant = any(variables.values()) and here.fires()
    return await _claim(self.accounts, issued, variables) if is_meant else issued


@effect("token.lifetime", at=TokenExchange.issue)
async def other_lifetime(
    here: Here, _self: TokenExchange, app: WidgetApp, value: Value, variables: Variables
) -> IssuedToken:
    wanted = here.params("asked" if value.get("expiresIn") is not None else "default")
    if wanted is not None:
        value = {**value, "expiresIn": str(wanted["expires_in"])}
    return await here.step(app, value, variables)


@effect("token.new-user-each-time", at=TokenExchange.issue)
async def new_user(
    here: Here, self: TokenExchange, app: WidgetApp, value: Value, variables: Variables
) -> IssuedToken:
    """Issue the token for another user."""
    if here.fires():
        value = {**value, "endUserId": f"{value['endUserId']}#{self.ctx.id}"}
    return await here.step(app, value, variables)


@before("token.echoes-secret", at=TokenExchange.issue)
def note_variables(
    _here: Here, self: TokenExchange, _app: WidgetApp, _value: Value, variables: Variables
) -> None:
    _VARIABLES[self] = variables


@after("token.echoes-secret", at=TokenExchange.answer)
def echoes_variables(here: Here, self: TokenExchange, answer: Answer) -> Answer:
    variables = _VARIABLES.pop(self, {})
    if any(variables.values()) and here.about(self).fires():
        return Answer(data={**answer.data, **variables})
    return answer
