"""Conditions are read and written with one grammar; an error in one lists the valid names."""

import pytest

from sigmic_mock.faults.catalogue import BadFaultSpec, specify
from sigmic_mock.faults.dry_run import ALWAYS
from sigmic_mock.faults.engine import Faults
from sigmic_mock.faults.grammar import read_spec
from sigmic_mock.faults.trigger import CONDITIONS, TRIGGER_KEYS, Count, FaultContext
from tests.fakes.clock import SteppedClock


def test_a_fault_is_confined_in_the_grammar_of_all_faults():
    trigger = specify(
        *read_spec("history.role-system,session=restored|restored_twice,caller=end_user")
    ).trigger

    assert trigger.situation == {
        "session": frozenset({"restored", "restored_twice"}),
        "caller": frozenset({"end_user"}),
    }


def test_a_dimension_that_a_parameter_hides_is_written_with_its_kind():
    spec = specify(*read_spec("history.role-system,value=robot,situation.value=quotes"))

    assert (spec.params["value"], spec.trigger.situation) == ("robot", {"value": frozenset({"quotes"})})


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("cancel.ignored,mood=bad", "caller"),
        ("cancel.ignored,session=old", "it is one of new, live, restored, restored_twice"),
        ("cancel.ignored,turn=2", "turn must be text"),
        ("cancel.ignored,turn=first,session=restored", "A restore is caused by a follow-up"),
        ("cancel.ignored,per=task", "per must be stream"),
    ],
)
def test_an_invalid_condition_is_refused_with_a_hint(written: str, told: str):
    with pytest.raises(BadFaultSpec, match=told):
        specify(*read_spec(written))


def test_a_confined_fault_never_fires_in_an_unknown_situation():
    faults = Faults(SteppedClock())
    faults.arm(specify(*read_spec("cancel.ignored,turn=first")), "mine")

    assert faults.fire("cancel.ignored", FaultContext(), "mine", ALWAYS) is None


def test_every_condition_is_explained():
    assert list(CONDITIONS) == list(TRIGGER_KEYS)


def acting(faults: Faults, counts: dict[int, Count] | None) -> bool:
    context = FaultContext(event="content", counts=counts)
    found = list(faults.matching("frame", "mine", context))
    for armed in found:
        faults.count(armed, context)
    return bool(found)


def test_occasions_are_counted_anew_in_each_stream():
    faults = Faults(SteppedClock())
    armed = faults.arm(specify(*read_spec("sse.extra-field,nth=2,per=stream")), "mine")
    one: dict[int, Count] = {}
    other: dict[int, Count] = {}

    assert [acting(faults, counts) for counts in (one, other, one, other, one)] == [
        False,
        False,
        True,
        True,
        False,
    ]
    assert (armed.seen, armed.fired) == (4, 2)


def test_a_fault_counted_per_stream_never_fires_outside_a_stream():
    faults = Faults(SteppedClock())
    faults.arm(specify(*read_spec("sse.extra-field,per=stream")), "mine")

    assert not acting(faults, None)
