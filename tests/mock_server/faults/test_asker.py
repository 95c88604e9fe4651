"""Who asks the engine: bound to a project and a task, and a yes counts."""

from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.catalogue import specify
from sigmic_conformance.mock_server.faults.engine import Faults
from tests.fakes.clock import SteppedClock


def armed(fault: str, **values: object) -> Faults:
    faults = Faults(SteppedClock())
    faults.arm(specify(fault, values), "mine")
    return faults


def test_a_fault_of_the_project_is_wanted_and_has_fired():
    faults = armed("cancel.ignored")

    assert not Asker(faults, "theirs").wanted("cancel.ignored")
    assert faults.unfired()
    assert Asker(faults, "mine").wanted("cancel.ignored")
    assert not faults.unfired()


def test_the_task_and_what_the_code_is_about_are_told_to_the_trigger():
    faults = armed("cancel.ignored", task="t1", operation="cancel_task", code="running")

    assert not Asker(faults, "mine", task="t2", operation="cancel_task").wanted("cancel.ignored", "running")
    assert not Asker(faults, "mine", task="t1", operation="cancel_task").wanted("cancel.ignored", "pending")
    assert Asker(faults, "mine", task="t1", operation="cancel_task").wanted("cancel.ignored", "running")


def test_what_is_not_armed_is_idle_and_has_no_parameters():
    asker = Asker(armed("run.never-starts", seconds=7), "mine")

    assert asker.is_idle("cancel.ignored")
    assert asker.parameters("cancel.ignored") is None
    assert not asker.is_idle("run.pending")
    assert asker.parameters("run.pending") == {"seconds": 7}


def test_nothing_can_fire_while_nothing_is_armed_and_no_request_asks_for_anything():
    faults = armed("cancel.ignored")
    rested = [faults.is_at_rest]

    faults.clear()
    rested.append(faults.is_at_rest)
    with faults.from_header([specify("cancel.ignored", {})]):
        rested.append(faults.is_at_rest)
    rested.append(faults.is_at_rest)

    assert rested == [False, True, False, True]
