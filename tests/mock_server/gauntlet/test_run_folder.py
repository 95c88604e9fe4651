"""The folder of one run of a client's command."""

from pathlib import Path

import pytest

from sigmic_mock.gauntlet.run_folder import RunFolder, Totals


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    made.make("net.slow,seconds=1")
    return made


def test_a_server_reads_the_armed_fault_and_reports_its_totals_by_url(folder: RunFolder) -> None:
    one, other = "http://127.0.0.1:1001", "http://127.0.0.1:1002"
    folder.report(one, Totals(requests=1))
    folder.report(one, Totals(requests=3, tasks=1, messages=2, fired=1))
    folder.report(other, Totals(requests=4))

    assert folder.armed == "net.slow,seconds=1"
    assert folder.totals() == {
        one: Totals(requests=3, tasks=1, messages=2, fired=1),
        other: Totals(requests=4),
    }
    assert not any(path.name.startswith(".") for path in folder.path.iterdir())


def test_totals_are_added_and_compared() -> None:
    before, after = Totals(requests=2, tasks=1), Totals(requests=5, tasks=1, messages=1, fired=2)

    assert after - before == Totals(requests=3, messages=1, fired=2)
    assert before + (after - before) == after
