"""/projects/{project}/widget-apps: where a chat may be embedded, and its secret, which is shown once."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sigmic_conformance.mock_server.console.fields import name_of, origins_of
from sigmic_conformance.mock_server.console.router import ConsoleCall, ConsoleRoute, Said
from sigmic_conformance.mock_server.domain.access import Right
from sigmic_conformance.mock_server.domain.accounts import WidgetApp
from sigmic_conformance.mock_server.domain.errors import ApiError, ErrorCode
from sigmic_conformance.mock_server.http.body import JsonLimits
from sigmic_conformance.mock_server.service.accounts import Accounts
from sigmic_conformance.mock_server.service.minting import Minting

_APPS = "/projects/{project}/widget-apps"
_APP = f"{_APPS}/{{app}}"


def _shown(accounts: Accounts, app: WidgetApp) -> dict[str, Any]:
    return {
        "appId": app.id,
        "name": app.name,
        "allowedOrigins": sorted(app.allowed_origins),
        "declared": accounts.is_declared(app),
    }


def _meant(accounts: Accounts, call: ConsoleCall) -> WidgetApp:
    for app in accounts.apps_of(call.project_id):
        if app.id == call.path["app"]:
            return app
    raise ApiError(ErrorCode.NOT_FOUND, "The project has no such widget app")


def routes(minting: Minting) -> Iterable[ConsoleRoute]:
    """Return the routes."""
    accounts = minting.accounts

    async def list_apps(call: ConsoleCall) -> Said:
        return Said(data=[_shown(accounts, app) for app in accounts.apps_of(call.project_id)])

    async def create(call: ConsoleCall) -> Said:
        app, secret = minting.app(call.project_id, name_of(call), origins_of(call))
        await minting.kept()
        return Said(data={**_shown(accounts, app), "appSecret": secret.reveal()}, status=201)

    async def change(call: ConsoleCall) -> Said:
        app = _meant(accounts, call)
        if "name" in call.body:
            app = replace(app, name=name_of(call))
        if "allowedOrigins" in call.body:
            app = replace(app, allowed_origins=origins_of(call))
        await accounts.replace_app(app)
        return Said(data=_shown(accounts, app))

    async def remove(call: ConsoleCall) -> Said:
        app = _meant(accounts, call)
        await accounts.remove_app(app)
        return Said(data={"appId": app.id})

    async def rotate(call: ConsoleCall) -> Said:
        app = _meant(accounts, call)
        secret = await minting.rotate(app)
        return Said(data={**_shown(accounts, app), "appSecret": secret.reveal()})

    fields = ("name", "allowedOrigins")
    limits = JsonLimits(32 * 1024)  # a hundred origins, each as long as it may be
    return (
        ConsoleRoute("GET", _APPS, list_apps, Right.SEE),
        ConsoleRoute("POST", _APPS, create, Right.CONFIGURE, fields, limits=limits),
        ConsoleRoute("PATCH", _APP, change, Right.CONFIGURE, fields, limits=limits),
        ConsoleRoute("DELETE", _APP, remove, Right.CONFIGURE),
        ConsoleRoute("POST", f"{_APP}/secret", rotate, Right.CONFIGURE),
    )
