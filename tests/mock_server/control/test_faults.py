"""Faults through the control plane."""

from typing import Any

import pytest

from tests.fakes.served import Served


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"number": 99}, "No fault with the number 99 is armed for this project"),
        ({"number": 99, "scope": "server"}, "No fault with the number 99 is armed for all callers"),
        ({"fault": "net.slwo"}, "did you mean net.slow?"),
    ],
)
async def test_what_is_not_there_is_not_disarmed(mock: Served, named: dict[str, Any], told: str):
    refused = await mock.ask("clear_faults", **named)

    assert (refused.status, told in refused.json["error"]["message"]) == (404, True), refused.json
