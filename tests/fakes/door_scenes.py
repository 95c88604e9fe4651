"""Scenes of credentials and tokens: who was let in, and what a token says. See `tests.fakes.fault_scenes`."""

import base64
import json
from typing import Any

from sigmic_conformance.mock_server.config import defaults
from tests.fakes.fault_scenes import BAD_TOKEN, EXCHANGE, NOBODY, TASKS, ask, deciding, status_of, token
from tests.fakes.served import ORIGIN, UNKNOWN_KEY, VIEWER_KEY, Served

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


deciding("reads-by-x-api-key", "200", "401")(
    lambda mock: status_of(mock, "GET", TASKS, by=None, headers={"X-API-Key": defaults.API_KEY})
)


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


async def listed(mock: Served, **options: Any) -> str:
    return await status_of(mock, "GET", options.pop("path", TASKS), **options)


async def coded(mock: Served, method: str, path: str, **options: Any) -> str:
    """Return the status and the code of a refusal."""
    seen = await ask(mock, method, path, **options)
    return f"{seen.status} {seen.json['error']['code']}"


@deciding("reads-by-other-header", "200", "404")
async def _(mock: Served) -> str:
    task = await mock.finished()
    return await listed(mock, path=f"{TASKS}/{task}", by=None, headers={"X-API-Key": defaults.API_KEY})


@deciding("token-reads-history", "200 200", "200 401")
async def _(mock: Served) -> str:
    held = await token(mock)
    task = (await ask(mock, "POST", TASKS, by=held, json={"message": "hi"})).json["data"]["id"]
    reads = [await listed(mock, path=f"{TASKS}/{task}{more}", by=held) for more in ("", "/history")]
    return " ".join(reads)


deciding("lists-by-lower-case", "200", "401")(
    lambda mock: listed(mock, by=None, headers={"Authorization": f"bearer {defaults.API_KEY}"})
)
deciding("lists-by-odd-name", "200", "401")(
    lambda mock: listed(mock, by=None, headers={"x-ApI-kEy": defaults.API_KEY})
)
deciding("lists-by-both", "200", "401")(lambda mock: listed(mock, headers={"X-API-Key": UNKNOWN_KEY}))
deciding("lists-by-either", "401", "200")(
    lambda mock: listed(mock, by=UNKNOWN_KEY, headers={"X-API-Key": defaults.API_KEY})
)


@deciding("token-in-key-header", "401", "200")
async def _(mock: Served) -> str:
    return await listed(mock, by=None, headers={"X-API-Key": await token(mock)})


deciding("token-as-key", "401 INVALID_API_KEY", "401 INVALID_TOKEN")(
    lambda mock: coded(mock, "GET", TASKS, by=None, headers={"X-API-Key": BAD_TOKEN})
)
deciding("lists-by-basic", "401 INVALID_AUTH_FORMAT", "401 AUTH_REQUIRED")(
    lambda mock: coded(mock, "GET", TASKS, by=None, headers={"Authorization": "Basic dXNlcjpwYXNz"})
)
deciding("lists-by-query", "401", "200")(
    lambda mock: listed(mock, path=f"{TASKS}?api_key={defaults.API_KEY}", by=None)
)


@deciding("nobody-looks", "401 401", "401 404")
async def _(mock: Served) -> str:
    task = await mock.finished()
    return " ".join([await listed(mock, path=f"{TASKS}/{each}", by=None) for each in (task, NOBODY)])


deciding("nobody-creates-badly", "401 AUTH_REQUIRED", "400 VALIDATION_ERROR")(
    lambda mock: coded(mock, "POST", TASKS, by=None, json={})
)
deciding("lists-by-umlaut", "401", "500")(lambda mock: listed(mock, by="sigmic_\u00e9"))
deciding("lists-by-tab", "401", "500")(lambda mock: listed(mock, by="sigmic_a\tb"))


@deciding("lists-from-elsewhere", "403", "200")
async def _(mock: Served) -> str:
    return await listed(mock, by=await token(mock), headers={"Origin": "http://shop.example"})


@deciding("viewer-cancels", "403 FORBIDDEN", "409 CONFLICT")
async def _(mock: Served) -> str:
    return await coded(mock, "DELETE", f"{TASKS}/{await mock.finished()}", by=VIEWER_KEY)


for _name, _status in {"token-in-body": "401", "token-in-body-415": "415"}.items():

    @deciding(_name, "200", _status)
    async def _(mock: Served) -> str:
        return str((await exchanged(mock)).status)


@deciding("token-asked", "1800", "3600")
async def _(mock: Served) -> str:
    claims = json.loads(read((await exchanged(mock, expiresIn="30m")).json["data"]["token"]))
    return str(claims["exp"] - claims["iat"])


@deciding("token-wrong-secret", "alike", "told apart")
async def _(mock: Served) -> str:
    wrong = [await exchanged(mock, **each) for each in ({"appSecret": "wrong"}, {"appId": "app_none"})]
    return "alike" if wrong[0].body == wrong[1].body else "told apart"


@deciding("token-week", "400", "200")
async def _(mock: Served) -> str:
    return str((await exchanged(mock, expiresIn="1w")).status)


@deciding("token-umlaut", "200", "400")
async def _(mock: Served) -> str:
    return str((await exchanged(mock, endUserId="J\u00e4ne")).status)


@deciding("token-ids", "differ", "the same")
async def _(mock: Served) -> str:
    told = [json.loads(read((await exchanged(mock)).json["data"]["token"]))["jti"] for _ in range(2)]
    return "differ" if told[0] != told[1] else "the same"


deciding("token-list", "400", "500")(
    lambda mock: status_of(mock, "POST", "/api/v1/auth/token", by=None, json=[])
)


@deciding("token-older-variables", "newest", "oldest")
async def _(mock: Served) -> str:
    held, _ = [await token(mock, env={"MARK": word}) for word in ("oldest", "newest")]
    message = "Run exactly this shell command: `echo $MARK`"
    task = (await ask(mock, "POST", TASKS, by=held, json={"message": message})).json["data"]["id"]
    body = (await ask(mock, "GET", f"{TASKS}/{task}/stream", by=held)).body
    return "newest" if b"newest" in body else "oldest"
