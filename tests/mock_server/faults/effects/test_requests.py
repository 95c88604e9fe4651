"""How faults at the edge are armed: for all callers from the start, and by a request's header."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.fakes.served import serving

LIST = "/api/v1/tasks"


async def test_a_fault_armed_at_the_start_affects_calls_without_credentials(tmp_path: Path):
    async with serving(tmp_path, fault="http.rate-limited,times=1") as mock:
        first = await mock.call("GET", LIST, headers={})
        second = await mock.call("GET", LIST, headers={})

        assert (first.status, first.code, second.status) == (429, "RATE_LIMITED", 401)


@pytest.mark.parametrize("query", ["scope=sever", "scope=server&project=elsewhere"])
async def test_a_scope_that_cannot_be_is_refused(tmp_path: Path, query: str):
    async with serving(tmp_path) as mock:
        refused = await mock.call(
            "POST", f"/__mock/v1/faults?{query}", headers=mock.control, json={"fault": "sse.crlf"}
        )

        assert refused.status == 400
        assert not mock.faults.active()


async def test_the_header_acts_on_its_request_only(tmp_path: Path):
    async with serving(tmp_path, header_faults=True) as mock:
        asked = mock.key | {"X-Mock-Fault": "http.extra-header;http.internal-error,operation=list_tasks"}

        assert (await mock.call("GET", LIST, headers=asked)).status == 500
        assert (await mock.call("GET", LIST)).status == 200
        assert (await mock.call("GET", LIST, headers={"X-Mock-Fault": "http.extra-header"})).headers[
            "X-Future"
        ] == "1"


async def test_the_header_acts_on_the_stream_that_it_opens_only(tmp_path: Path):
    async with serving(tmp_path, header_faults=True) as mock:
        task = await mock.finished()
        path = f"{LIST}/{task}/stream"
        altered = await mock.call("GET", path, headers=mock.key | {"X-Mock-Fault": "sse.crlf"})
        clean = await mock.call("GET", path)

        assert b"\r\n\r\n" in altered.body
        assert b"\r" not in clean.body


async def test_an_unknown_fault_in_the_header_is_refused_with_the_nearest_name(tmp_path: Path):
    async with serving(tmp_path, header_faults=True) as mock:
        refused = await mock.call("GET", LIST, headers=mock.key | {"X-Mock-Fault": "sse.crfl"})

        assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")
        assert "sse.crlf" in refused.message


async def test_without_the_flag_the_header_means_nothing(tmp_path: Path):
    async with serving(tmp_path) as mock:
        for fault in ("http.internal-error", "nonsense"):
            assert (await mock.call("GET", LIST, headers=mock.key | {"X-Mock-Fault": fault})).status == 200


async def test_pages_may_send_the_header_where_it_means_something(tmp_path: Path):
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "GET"}
    for by_header in (False, True):
        folder = tmp_path / str(by_header)
        async with serving(folder, header_faults=by_header) as mock:
            told = await mock.call("OPTIONS", LIST, headers=asked)

            assert ("X-Mock-Fault" in told.headers["Access-Control-Allow-Headers"]) is by_header


async def test_a_dry_run_ignores_refused_streams_and_queries_without_effect(tmp_path: Path):
    path = "/__mock/v1/faults/dry-run"
    async with serving(tmp_path) as mock:
        task = await mock.finished()
        asked = {"appId": "app_shop", "appSecret": "shop-secret", "endUserId": "somebody-else"}
        issued = await mock.call("POST", "/api/v1/auth/token", headers={}, json=asked)
        stranger = {"Authorization": f"Bearer {issued.data['token']}"}

        async def met(target: str, headers: Mapping[str, str] | None = None) -> set[str]:
            await mock.call("POST", path, headers=mock.control, json={"class": "violation"})
            await mock.call("GET", target, headers=headers)
            ended = await mock.call("DELETE", path, headers=mock.control)
            found = {each["fault"] for each in ended.json["occasions"]}
            return found & {"stream.content-type-json", "list.ignores-offset"}

        assert await met(f"{LIST}/{task}/stream", stranger) == set()
        assert await met(f"{LIST}/{task}/stream") == {"stream.content-type-json"}
        assert await met(f"{LIST}?offset=0") == set()
        assert await met(f"{LIST}?offset=1") == {"list.ignores-offset"}


async def test_a_hang_up_is_recorded_only_where_a_client_asks_again_on_the_connection(tmp_path: Path):
    path = "/__mock/v1/faults/dry-run"
    async with serving(tmp_path) as mock:

        async def met(*targets: str) -> bool:
            await mock.call("POST", path, headers=mock.control, json={"class": "violation"})
            for target in targets:
                await mock.call("GET", target)
            ended = await mock.call("DELETE", path, headers=mock.control)
            return "http.hangs-up" in {each["fault"] for each in ended.json["occasions"]}

        assert not await met(LIST)
        assert await met(LIST, LIST)


async def test_a_dry_run_records_a_missing_variable_only_if_a_command_reads_it(tmp_path: Path):
    """Find a missing variable by a command that reads it."""
    path = "/__mock/v1/faults/dry-run"
    asked = {"variables.env-lost", "isolation.callers-key", "session.expires-at-work"}
    async with serving(tmp_path) as mock:

        async def met(message: str) -> set[str]:
            await mock.call("POST", path, headers=mock.control, json={"class": "violation"})
            task = await mock.create(message, env={"WORD": "plain"})
            stream = f"{LIST}/{task}/stream"
            await mock.call("GET", stream)
            ended = await mock.call("DELETE", path, headers=mock.control)
            return asked & {each["fault"] for each in ended.json["occasions"]}

        assert await met("What is 2+2?") == set()
        assert await met("Run exactly this shell command: `true`") == set()
        assert await met("Run exactly this shell command: `echo $WORD`") == {"variables.env-lost"}
        assert await met("Run exactly this shell command: `env | wc -l`") == {
            "variables.env-lost",
            "isolation.callers-key",
        }
