"""A process may do several runs in sequence, and no run inherits state."""

import pytest

from sigmic_load.measures.recorder import Phase, Recorder
from sigmic_load.streams.slots import Standing
from tests.load import runs


class Holder:
    """Records the calls that it receives."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def stand(self) -> Standing:
        return Standing()

    def settle(self) -> None:
        self.asked.append("settle")

    def drop(self) -> None:
        self.asked.append("drop")


@pytest.fixture
def run(tmp_path):
    return runs.made(report=tmp_path / "report")


def test_a_run_goes_through_its_phases(run):
    holder = Holder()
    run.holders.append(holder)
    run.begin()
    assert run.recorder.phase is Phase.RISING

    run.enter(Phase.JUDGED)
    run.drop_all(1)
    run.enter(Phase.LEAVING)

    assert holder.asked == ["drop", "settle"], "stock is taken before anybody leaves"
    (window,) = run.windows
    assert window.end is not None
    assert window.end >= window.began
    assert run.is_over


def test_the_next_run_inherits_nothing(run):
    run.begin()
    run.enter(Phase.JUDGED)
    run.recorder.of("").stream_opened()
    run.recorder.failed("create_task", "503")
    run.workers.begin(["w"])
    run.workers.report("w", Recorder().take(), 1000.0)
    run.gaps.append("lost")
    run.enter(Phase.LEAVING)
    first = run.folder

    run.begin()

    assert not run.is_over
    assert (run.windows, run.gaps, run.workers.known) == ([], [], set())
    assert (run.recorder.numbers.counts, run.recorder.streams_open, run.recorder.errors.rows) == ({}, 0, {})
    assert (first.name, run.folder.name) == ("report", "report-2")
