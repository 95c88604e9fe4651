"""No input that was found earlier blocks the event loop again, and a short search finds nothing new."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.blocking.cases import kept
from tests.blocking.mcp_output import McpOutput
from tests.blocking.operations import documents
from tests.blocking.pings import Pings
from tests.blocking.search import LIMIT, Case, Search
from tests.blocking.target import Target
from tests.blocking.trial import Trial, doors
from tests.e2e.process import MockProcess

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
_SECONDS = 25.0
_SLOW_MACHINE = 2
"""An input may use this many times the processor time here, because a shared processor is slower.

Time that the loop waits for a processor does not count, see `pings`.
"""


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    folder: Path = tmp_path_factory.mktemp("blocking")
    server = MockProcess(folder, "--log-level", "error").start()
    try:
        target = Target(server.ready)
        with McpOutput() as output, Pings(*target.address, target.pid) as pings:
            yield Trial(target, pings, output)
    finally:
        server.stop()


def _shortest(trial: Trial, case: Case) -> float:
    """Return the shortest pause of three trials: what another input has left to do may add to one."""
    return min(trial(case) for _ in range(3))


@pytest.mark.parametrize(
    "case", tuple(kept()), ids=lambda case: f"{case.operation}, {case.place}, {case.input.shape}"
)
def test_what_was_found_holds_nobody_up(trial, case):
    assert _shortest(trial, case) <= LIMIT * _SLOW_MACHINE


def test_a_short_search_finds_nothing(trial):
    slow = [
        tried.case
        for tried in Search(doors(documents()), trial, seed=21).run(_SECONDS)
        if tried.seconds > LIMIT * _SLOW_MACHINE
    ]

    assert [case for case in slow if _shortest(trial, case) > LIMIT * _SLOW_MACHINE] == []
