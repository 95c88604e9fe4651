"""Which faults a client runs through, and how they are armed."""

import pytest

from sigmic_mock.faults.catalogue import BadFaultSpec, find, load_catalogue, specify
from sigmic_mock.faults.fault import FaultClass
from sigmic_mock.gauntlet.plan import chosen, may_repeat, values

FAULTS = list(load_catalogue().values())
CLASSES = ["transient", "variation"]


def test_the_classes_and_a_glob_choose():
    everything = chosen(FAULTS, CLASSES, None)

    assert {fault.kind for fault in everything} == {FaultClass.TRANSIENT, FaultClass.VARIATION}
    assert {fault.id.partition(".")[0] for fault in chosen(FAULTS, CLASSES, "sse.*")} == {"sse"}
    assert {fault.id.partition(".")[0] for fault in chosen(FAULTS, CLASSES, "mcp.*")} == {"mcp"}
    assert not any(fault.id.startswith("mcp.") for fault in everything)


def test_a_fault_that_is_named_is_run_whatever_its_class():
    violation = next(fault for fault in FAULTS if fault.kind is FaultClass.VIOLATION)

    assert chosen(FAULTS, CLASSES, violation.id) == [violation]


def test_several_globs_choose_and_exclude():
    found = {fault.id for fault in chosen(FAULTS, CLASSES, "sse.* | http.*", "sse.cr*|http.rate-limited")}

    assert {"sse.retry", "http.internal-error"} <= found
    assert found.isdisjoint({"sse.cr", "sse.crlf", "http.rate-limited"})


@pytest.mark.parametrize(
    ("classes", "only", "exclude", "told"),
    [
        (["trensient"], None, None, "did you mean transient?"),
        (CLASSES, "nothing.*", None, "no fault matches 'nothing.*'"),
        (CLASSES, "sse.*|htp.internal-error", None, "did you mean http.internal-error?"),
        (CLASSES, "sse.*", "ss.*", "no fault matches 'ss.*'"),
        (CLASSES, "sse.*", "sse.*", "without 'sse.*'"),
        (["transient"], "sse.*", None, "faults of class variation do"),
    ],
)
def test_a_choice_of_nothing_is_refused(classes, only, exclude, told):
    with pytest.raises(BadFaultSpec) as refused:
        chosen(FAULTS, classes, only, exclude)
    assert told in str(refused.value)


@pytest.mark.parametrize("fault", chosen(FAULTS, CLASSES, None), ids=lambda fault: fault.id)
def test_every_fault_can_be_armed_as_planned(fault):
    armed = specify(fault.id, values(fault, 1.0))

    assert armed.params.get("seconds", 0) <= 1.0


def test_a_transient_fault_passes():
    assert values(find("net.reset-before"), None)["times"] == 2
    assert values(find("agent.fails"), None)["times"] == 1
    assert "times" not in values(find("net.reset-once"), None)
    assert "times" not in values(find("stream.dribbles"), None)
    assert "times" not in values(find("sse.crlf"), None)


def test_a_variation_of_json_is_met_on_any_operation_and_one_of_a_stream_stays_there():
    assert "list_tasks" in values(find("json.extra-field"), None)["operation"].split("|")
    assert "stream_task" not in values(find("json.charset"), None)["operation"].split("|")
    assert "operation" not in values(find("sse.charset"), None)


def test_only_a_task_that_fails_may_be_asked_for_again():
    assert may_repeat(find("agent.fails"))
    assert not may_repeat(find("net.answer-lost"))
