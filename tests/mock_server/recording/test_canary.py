"""No secret that a client or a platform sends is in any file of a recording."""

import base64
from pathlib import Path

import aiohttp
import pytest

from sigmic_mock.recording.masking import Mask
from tests.fakes.recording import Running, recorded
from tests.fakes.upstream import TASK, frame, ok, stream, upstream

TASKS = "/api/v1/tasks"
KEY = "sigmic_" + "c0de" * 16
SECRETS = {
    "key": KEY,
    "other key": "sigmic_" + "beef" * 16,
    "app secret": "app-secret-canary-5521",
    "token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjdXN0b21lciJ9.c2lnbmF0dXJl",
    "env": "env-value-canary-7781",
    "secret": 'secret "quoted" canary & 9921',
    "exchange secret": "bound-canary-6612",
    "cookie": "cookie-canary-1187",
    "query": "query-canary-3348",
    "short": "xy1",
}


def everything(folder: Path) -> str:
    return "\n".join(
        path.read_text() for path in sorted(folder.iterdir()) if path.name != "playbook.schema.json"
    )


async def traffic(proxy: Running, http: aiohttp.ClientSession) -> None:
    exchange = {
        "appId": "a",
        "appSecret": SECRETS["app secret"],
        "endUserId": "u",
        "secrets": {"CRM": SECRETS["exchange secret"]},
    }
    await _sent(
        http.post(f"{proxy.url}/api/v1/auth/token", json=exchange, cookies={"sid": SECRETS["cookie"]})
    )
    body = {
        "message": f"Use {SECRETS['secret']} and {SECRETS['env']} for [me]",
        "env": {"TENANT": SECRETS["env"]},
        "secrets": {"BILLING": SECRETS["secret"], "PIN": SECRETS["short"]},
    }
    await _sent(http.post(proxy.url + TASKS, json=body, headers={"Authorization": f"Bearer {KEY}"}))
    await _sent(http.get(f"{proxy.url}{TASKS}/{TASK}/stream", headers={"X-API-Key": SECRETS["other key"]}))
    headers = {"Authorization": f"Bearer {SECRETS['token']}"}
    await _sent(http.get(f"{proxy.url}{TASKS}?access_token={SECRETS['query']}", headers=headers))


async def _sent(request) -> None:
    async with request as got:
        await got.read()


@pytest.fixture
async def left_behind(tmp_path: Path) -> str:
    halves = SECRETS["secret"][:9], SECRETS["secret"][9:]
    frames = (
        frame("history_done", messageCount=0, isStreaming=True),
        frame("thought", subject="Plan", description=f"The key is {KEY}"),
        frame("content", text=f"It is {halves[0]}", isPartial=True),
        frame("content", text=f"{halves[1]}, you see", isPartial=False),
        frame(
            "tool_call",
            callId="1",
            toolName="crm",
            status="executing",
            args={"k": SECRETS["env"], "token": "tok-1"},
        ),
        frame("tool_result", callId="1", status="success", output=f"ok {SECRETS['exchange secret']}"),
        frame("done", finalResponse=f"It is {SECRETS['secret']}, you see"),
    )
    answers = {
        "POST /api/v1/auth/token": ok({"token": SECRETS["token"], "expiresAt": "2026-01-26T16:50:54.870Z"}),
        f"POST {TASKS}": ok({"id": TASK, "status": "pending"}, "201 Created"),
        f"GET {TASKS}/{TASK}/stream": stream(*frames),
        f"GET {TASKS}?access_token={SECRETS['query']}": ok([], **{"Set-Cookie": f"s={SECRETS['cookie']}"}),
    }
    async with (
        upstream(answers) as far,
        recorded(far.url, tmp_path / "r") as proxy,
        aiohttp.ClientSession() as http,
    ):
        await traffic(proxy, http)
    assert proxy.heard.playbooks
    said = "\n".join([*proxy.heard.findings, *proxy.heard.notes, *proxy.heard.playbooks])
    return f"{everything(tmp_path / 'r')}\n{said}"


@pytest.mark.parametrize("name", SECRETS)
async def test_a_secret_is_nowhere(left_behind: str, name: str) -> None:
    secret = SECRETS[name]
    inside = secret.replace('"', '\\"')
    encoded = base64.b64encode(secret.encode()).decode()

    assert secret not in left_behind
    assert inside not in left_behind
    assert encoded not in left_behind


async def test_not_even_its_halves_are_and_its_name_stands_there(left_behind: str) -> None:
    assert 'secret "q' not in left_behind
    assert "canary & 9921" not in left_behind
    assert "[secret BILLING]" in left_behind
    assert "message: Use * and * for [[]me]" in left_behind


def test_ordinary_words_are_no_secrets() -> None:
    mask = Mask()
    text = "Send it as a bearer authentication header, the token in Bearer form: eyJ, sigmic_ and so on."

    assert mask.text(text) == text
    assert mask.text("Bearer abcdefghijklmnop7") == "[masked]"


async def test_exchanges_that_cannot_be_masked_once_more_are_named(tmp_path: Path) -> None:
    async with upstream({}) as far, recorded(far.url, tmp_path / "r") as proxy:
        (tmp_path / "r" / ".exchanges.ndjson.draft").mkdir()

    assert proxy.heard.notes == [
        "the exchanges could not be masked once more (is a directory): delete exchanges.ndjson"
    ]


async def test_a_secret_seen_too_late_is_masked_in_what_was_written_before(tmp_path: Path) -> None:
    frames = (
        frame("history_done", messageCount=0, isStreaming=True),
        frame("content", text="It is late-canary-8812", isPartial=False),
        frame("done", finalResponse="It is late-canary-8812"),
    )
    answers = {
        f"POST {TASKS}": ok({"id": TASK, "status": "pending"}, "201 Created"),
        f"GET {TASKS}/{TASK}/stream": stream(*frames),
        f"GET {TASKS}/late-canary-8812": ok({}),
    }
    async with (
        upstream(answers) as far,
        recorded(far.url, tmp_path / "r") as proxy,
        aiohttp.ClientSession() as http,
    ):
        await _sent(http.get(f"{proxy.url}{TASKS}/late-canary-8812"))
        await _sent(http.post(proxy.url + TASKS, json={"message": "Is it late-canary-8812?"}))
        await _sent(http.get(f"{proxy.url}{TASKS}/{TASK}/stream"))
        answers[f"POST {TASKS}"] = ok({"id": "another", "status": "pending"}, "201 Created")
        await _sent(
            http.post(proxy.url + TASKS, json={"message": "a", "secrets": {"LATE": "late-canary-8812"}})
        )

    assert "late-canary-8812" not in everything(tmp_path / "r")
    assert [path.name for path in (tmp_path / "r").glob("*.yaml")] == ["recorded-is-it-secret-late.yaml"]
    assert proxy.session.recorder.playbooks == ["recorded-is-it-secret-late"]
