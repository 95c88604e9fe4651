"""POST /auth/token: a widget app's credentials for a short-lived token of one end user."""

from typing import TYPE_CHECKING, cast

from sigmic_conformance.mock_server.domain.accounts import WidgetApp
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.domain.payloads import timestamp
from sigmic_conformance.mock_server.domain.tokens import lifetime_seconds
from sigmic_conformance.mock_server.domain.variables import check_variables
from sigmic_conformance.mock_server.http import careless_exchange
from sigmic_conformance.mock_server.http.authentication import challenged
from sigmic_conformance.mock_server.http.body import check_values, parse_json, read_body
from sigmic_conformance.mock_server.http.careless_reading import refuse_media
from sigmic_conformance.mock_server.http.context import Call
from sigmic_conformance.mock_server.http.envelope import Answer
from sigmic_conformance.mock_server.http.fields import body_of
from sigmic_conformance.mock_server.http.validation import refusals

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.faults.behaviour.accounts import FaultyAccounts


async def create_token(call: Call) -> Answer:
    """Exchange credentials for a token. Strangers learn nothing about the rest of their request (G-98)."""
    accounts = cast("FaultyAccounts", call.platform.accounts)
    accounts.require_jwt()
    body = body_of(call)
    raw = await read_body(call.request)
    check_values(raw)
    value = parse_json(raw)
    if isinstance(value, dict):
        call.app_project = accounts.project_of_app(value.get("appId"))
    careless_exchange.fall_over(call, value)
    value = careless_exchange.mended(call, value)
    wrong = list(refusals(call.document, body, value))
    if wrong and (wrong[0].code is ErrorCode.MISSING_CREDENTIALS or not _has_credentials(value)):
        raise wrong[0]
    app = _known_app(call, value)
    if wrong:
        raise wrong[0]
    refuse_media(call)
    careless_exchange.refuse(call, value)
    variables = {name: check_variables(name, value.get(name, {})) for name in ("env", "secrets")}
    issued = await accounts.exchange(
        app,
        careless_exchange.end_user(call, value["endUserId"]),
        lifetime_seconds=lifetime_seconds(careless_exchange.lifetime(call, value)),
        **variables,
        told=careless_exchange.told(call, app.id, variables),
    )
    data = {"token": issued.token, "expiresAt": timestamp(issued.expires_at)}
    return Answer(data={**data, **careless_exchange.echoed(call, variables)})


def _has_credentials(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(name), str) for name in ("appId", "appSecret")
    )


def _known_app(call: Call, value: dict[str, str]) -> WidgetApp:
    try:
        return call.platform.accounts.authenticate_app(value["appId"], value["appSecret"])
    except ApiError as refusal:
        raise challenged(careless_exchange.tell_apart(call, value["appId"], refusal)) from None
