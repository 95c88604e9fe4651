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
async def test_disarming_a_fault_that_is_not_armed_is_refused(mock: Served, named: dict[str, Any], told: str):
    refused = await mock.ask("clear_faults", **named)

    assert (refused.status, told in refused.json["error"]["message"]) == (404, True), refused.json
