"""/projects/{project}/widget-apps: where a chat may be embedded, and its secret, which is shown once."""

from dataclasses import replace
from typing import Any

from sigmic_mock.console.router import ConsoleAnswer, ConsoleCall, Handlers
from sigmic_mock.control.router import by_name
from sigmic_mock.domain.accounts import WidgetApp
from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.service.accounts import Accounts
from sigmic_mock.service.minting import Minting


def _origins(call: ConsoleCall) -> frozenset[str]:
    return frozenset(call.body.get("allowedOrigins", ()))


def _shown(app: WidgetApp) -> dict[str, Any]:
    return {
        "appId": app.id,
        "name": app.name,
        "allowedOrigins": sorted(app.allowed_origins),
        "declared": not app.minted,
    }


def _meant(accounts: Accounts, call: ConsoleCall) -> WidgetApp:
    for app in accounts.apps_of(call.project_id):
        if app.id == call.path["app"]:
            return app
    raise ApiError(ErrorCode.NOT_FOUND, "The project has no such widget app")


def handlers(minting: Minting) -> Handlers:
    """Return the handlers."""
    accounts = minting.accounts

    async def list_widget_apps(call: ConsoleCall) -> ConsoleAnswer:
        return ConsoleAnswer(data=[_shown(app) for app in accounts.apps_of(call.project_id)])

    async def create_widget_app(call: ConsoleCall) -> ConsoleAnswer:
        app, secret = minting.app(call.project_id, call.body["name"], _origins(call))
        await minting.kept()
        return ConsoleAnswer(data={**_shown(app), "appSecret": secret.reveal()})

    async def change_widget_app(call: ConsoleCall) -> ConsoleAnswer:
        app = _meant(accounts, call)
        if "name" in call.body:
            app = replace(app, name=call.body["name"])
        if "allowedOrigins" in call.body:
            app = replace(app, allowed_origins=_origins(call))
        await accounts.replace_app(app)
        return ConsoleAnswer(data=_shown(app))

    async def delete_widget_app(call: ConsoleCall) -> ConsoleAnswer:
        app = _meant(accounts, call)
        await accounts.remove_app(app)
        return ConsoleAnswer(data={"appId": app.id})

    async def rotate_app_secret(call: ConsoleCall) -> ConsoleAnswer:
        app = _meant(accounts, call)
        secret = await minting.rotate(app)
        return ConsoleAnswer(data={**_shown(app), "appSecret": secret.reveal()})

    return by_name(
        list_widget_apps, create_widget_app, change_widget_app, delete_widget_app, rotate_app_secret
    )
