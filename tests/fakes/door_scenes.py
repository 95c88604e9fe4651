"""Scenes of credentials and tokens: who was let in, and what a token says. See `tests.fakes.fault_scenes`."""

import base64
import json
from typing import Any

from mock_server import defaults
from tests.fakes.fault_scenes import EXCHANGE, TASKS, ask, deciding, token
from tests.fakes.served import ORIGIN, Served

VARIABLES = {"env": {"PLACE": "Lisbon-canary"}, "secrets": {"PASS": "hunter2-canary"}}
CANARIES = ("Lisbon-canary", "hunter2-canary")


async def exchanged(mock: Served, **fields: Any) -> Any:
    return await ask(mock, "POST", "/api/v1/auth/token", by=None, json={**EXCHANGE, **fields})


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def read(held: str) -> str:
    """Return the claims of a token, undecided whether they are true."""
    part = held.split(".")[1]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()


@deciding("lists-twice", "200", "401")
async def _(mock: Served) -> str:
    await ask(mock, "GET", TASKS)
    return str((await ask(mock, "GET", TASKS)).status)


@deciding("reads-by-x-api-key", "200", "401")
async def _(mock: Served) -> str:
    return str((await ask(mock, "GET", TASKS, by=None, headers={"X-API-Key": defaults.API_KEY})).status)


@deciding("token-creates", "201", "401")
async def _(mock: Served) -> str:
    held = await token(mock)
    seen = await ask(mock, "POST", TASKS, by=held, headers={"Origin": ORIGIN}, json={"message": "hi"})
    return str(seen.status)


@deciding("token-creates-from-its-origin", "201", "403")
async def _(mock: Served) -> str:
    held = await token(mock)
    seen = await ask(mock, "POST", TASKS, by=held, headers={"Origin": ORIGIN}, json={"message": "hi"})
    return str(seen.status)


@deciding("token-expired", "401", "200")
async def _(mock: Served) -> str:
    accounts = mock.application.platform.accounts
    app = accounts.authenticate_app("app_shop", "shop-secret")
    issued = await accounts.exchange(app, "u1", lifetime_seconds=0, env={}, secrets={})
    return str((await ask(mock, "GET", TASKS, by=issued.token)).status)


@deciding("token-unsigned", "401", "200")
async def _(mock: Served) -> str:
    held = f"{segment({'alg': 'none', 'typ': 'JWT'})}.{segment({'sub': 'u1', 'exp': 4102444800})}."
    return str((await ask(mock, "GET", TASKS, by=held)).status)


@deciding("token-forged", "401", "200")
async def _(mock: Served) -> str:
    header, claims, _signature = (await token(mock)).split(".")
    return str((await ask(mock, "GET", TASKS, by=f"{header}.{claims}.c2lnbmF0dXJl")).status)


@deciding("token-default", "3600", "60")
async def _(mock: Served) -> str:
    claims = json.loads(read((await exchanged(mock)).json["data"]["token"]))
    return str(claims["exp"] - claims["iat"])


@deciding("token-with-variables", "hidden", "told")
async def _(mock: Served) -> str:
    claims = read((await exchanged(mock, **VARIABLES)).json["data"]["token"])
    return "told" if all(word in claims for word in CANARIES) else "hidden"


@deciding("token-echo", "hidden", "echoed")
async def _(mock: Served) -> str:
    body = (await exchanged(mock, **VARIABLES)).body.decode()
    return "echoed" if all(word in body for word in CANARIES) else "hidden"


@deciding("token-renewed", "200", "404")
async def _(mock: Served) -> str:
    seen = await ask(mock, "POST", TASKS, by=await token(mock), json={"message": "hi"})
    task = seen.json["data"]["id"]
    return str((await ask(mock, "GET", f"{TASKS}/{task}", by=await token(mock))).status)


@deciding("token-lifetime", "200 200", "200 400")
async def _(mock: Served) -> str:
    plain = await exchanged(mock)
    return f"{plain.status} {(await exchanged(mock, expiresIn='30m')).status}"


@deciding("token-variables", "200 200", "200 400")
async def _(mock: Served) -> str:
    plain = await exchanged(mock)
    return f"{plain.status} {(await exchanged(mock, **VARIABLES)).status}"
