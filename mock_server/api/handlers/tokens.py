"""POST /auth/token: a widget app's credentials for a short-lived token of one end user."""

from mock_server.api import careless_exchange
from mock_server.api.authentication import challenged
from mock_server.api.body import parse_json, read_body
from mock_server.api.call import Call
from mock_server.api.careless_reading import refuse_media
from mock_server.api.envelope import Answer
from mock_server.api.fields import body_of
from mock_server.api.validation import refusals
from mock_server.core.accounts import WidgetApp
from mock_server.core.errors import ApiError, ErrorCode
from mock_server.core.payloads import timestamp
from mock_server.core.tokens import lifetime_seconds
from mock_server.core.variables import check_variables


async def create_token(call: Call) -> Answer:
    """Exchange credentials for a token. Strangers learn nothing about the rest of their request (G-98)."""
    accounts = call.platform.accounts
    accounts.require_jwt()
    body = body_of(call)
    value = parse_json(await read_body(call.request))
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
