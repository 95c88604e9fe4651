"""The stand-in server of the rows of MCP servers: it answers, and it is found while it runs."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("mcp", reason="needs the extra `mcp`")

from tests.fakes.waiting import eventually
from tools.bench.mcp_servers import SCRIPT, marked


def test_the_stand_in_answers_and_is_counted_until_it_ends(tmp_path: Path):
    mark = str(tmp_path)
    server = subprocess.Popen(
        ["/bin/sh", "-c", SCRIPT, mark], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    asked = ("initialize", "tools/list", "tools/call", "nonesuch")
    messages = [
        json.dumps({"jsonrpc": "2.0", "id": number, "method": method}, separators=(",", ":"))
        for number, method in enumerate(asked)
    ]
    # The kernel shows the new arguments of a program a moment after it has started it.
    asyncio.run(eventually(lambda: marked(mark) == 1))

    said, _ = server.communicate("\n".join(['{"jsonrpc":"2.0","method":"note"}', *messages, ""]), timeout=30)

    answers = [json.loads(line) for line in said.splitlines()]
    assert [answer["id"] for answer in answers] == [0, 1, 2, 3]
    assert answers[1]["result"]["tools"][0]["name"] == "echo"
    assert answers[3]["error"]["code"] == -32601
    assert marked(mark) == 0
