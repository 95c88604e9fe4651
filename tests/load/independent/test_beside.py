"""The load tests and a second client tell the same of one target; `beside.py` does it with more streams."""

from importlib.util import find_spec

import pytest

from tests.load.independent.beside import Asked, render, rows, side_by_side

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(find_spec("locust") is None, reason="the extra `load` is not installed"),
]
LATE = 1.5


async def test_both_clients_see_the_same_faults(tmp_path):
    faults = (f"heartbeat.late,seconds={LATE},times=100000", "phase.catch-up-missing,times=100000")
    asked = Asked(streams=30, others=30, seconds=12.0, period=3.0, faults=faults)

    both = await side_by_side(asked, tmp_path)

    seen = {what: (ours, other) for what, ours, other in rows(both)}
    said = render(both) + both.ours.said
    for name in ("heartbeats", "connections compared", "events lost"):
        assert min(value or 0 for value in seen[name]) > 0, said
    for name in ("heartbeats missed", "events doubled", "streams cut"):
        assert seen[name] == (0, 0), said
    for client in seen["lateness p50, s"]:
        assert client is not None
        assert LATE / 2 < client < LATE + asked.period / 2, said
    assert both.ours.code == 3, said
