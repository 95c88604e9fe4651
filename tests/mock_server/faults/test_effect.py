"""A function registered for a step replaces it while its fault could fire there, and only then."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sigmic_mock.domain.model import Principal
from sigmic_mock.faults import effect as module
from sigmic_mock.faults.catalogue import CHECKS, load_catalogue, specify
from sigmic_mock.faults.effect import CURRENT, effect
from sigmic_mock.faults.effects import check, load_effects
from sigmic_mock.faults.engine import Faults, Here
from tests.fakes.clock import SteppedClock
from tests.fakes.faulty_house import Nowhere

POINT = "cancel.ignored"
MINE = Principal(project_id="mine", api_key_id="key", username="ann")
THEIRS = replace(MINE, project_id="theirs")


class Platform:
    def greet(self, caller: Principal) -> str:
        return caller.username


ORIGINAL = vars(Platform)["greet"]


@pytest.fixture(autouse=True, scope="module")
def registered() -> Iterator[None]:
    """Register effects of a class of this module; remove them afterwards."""

    @effect(POINT, at=Platform.greet)
    def outer(here: Here, _self: Platform, caller: Principal) -> str:
        return f"outer {here.step(caller)}"

    @effect(POINT, at=Platform.greet)
    def inner(here: Here, _self: Platform, caller: Principal) -> str:
        return "fired" if here.fires("running") else here.step(caller)

    yield
    step = module._STEPS.pop((Platform, "greet"))
    module._AT[POINT].remove(step)


@pytest.fixture
def faults() -> Iterator[Faults]:
    faults = Faults(SteppedClock())
    token = CURRENT.set(faults)
    yield faults
    CURRENT.reset(token)
    faults.close()


def is_replaced() -> bool:
    return vars(Platform)["greet"] is not ORIGINAL


def test_only_an_armed_fault_replaces_the_step(faults: Faults):
    assert not is_replaced()
    first, _second = (faults.arm(specify(POINT, {}), project) for project in ("mine", "theirs"))
    assert is_replaced()
    faults.clear(number=first.number)
    assert is_replaced()
    faults.clear()
    assert not is_replaced()


def test_effects_of_one_step_run_in_their_order_for_the_project_of_the_fault(faults: Faults):
    faults.arm(specify(POINT, {"times": 1}), "mine")

    assert [Platform().greet(caller) for caller in (THEIRS, MINE, MINE)] == [
        "ann",
        "outer fired",
        "outer ann",
    ]


def test_a_fault_for_all_callers_fires_for_each(faults: Faults):
    faults.arm(specify(POINT, {}))

    assert {Platform().greet(caller) for caller in (THEIRS, MINE)} == {"outer fired"}


def test_a_fault_does_not_fire_if_its_trigger_does_not_match(faults: Faults):
    faults.arm(specify(POINT, {"code": "another"}), "mine")

    assert Platform().greet(MINE) == "outer ann"
    assert faults.unfired()


def test_the_faults_of_another_server_of_the_process_do_not_act(faults: Faults):
    faults.arm(specify(POINT, {}))
    CURRENT.set(Faults(SteppedClock()))

    assert Platform().greet(MINE) == "ann"


def test_a_dry_run_records_where_the_fault_would_fire_and_fires_none(faults: Faults):
    faults.situations = Nowhere()
    faults.begin_dry_run([specify(POINT, {})], "mine")

    assert Platform().greet(MINE) == "outer ann"
    run = faults.end_dry_run("mine")
    assert run is not None
    assert [fault for fault, *_ in run.occasions()] == [POINT]
    assert not is_replaced()


def test_a_server_that_stopped_replaces_nothing(faults: Faults):
    faults.arm(specify(POINT, {}))
    faults.close()

    assert not is_replaced()


def test_a_function_outside_a_class_is_no_step():
    with pytest.raises(TypeError, match="check is not a step"):
        effect(POINT, at=check)


def test_the_rows_and_the_effects_cover_one_another_else_a_server_refuses_to_load_them():
    load_effects()

    assert check in CHECKS
    check(load_catalogue().values())


def test_a_row_without_its_effect_and_an_effect_without_a_row_are_refused():
    rows = {fault.effect: fault for fault in load_catalogue().values()}
    rows["agent.fails"] = replace(rows["agent.fails"], effect="agent.failed", place="agent.yaml:7")

    with pytest.raises(ValueError, match=r"no effect 'agent\.failed'") as refused:
        check(rows.values())

    wrong, lonely = str(refused.value).split("\n")
    assert wrong.startswith("agent.yaml:7: ")
    assert "did you mean agent.fails?" in wrong
    assert '@effect("agent.failed", at=Class.method)' in wrong
    assert lonely.startswith("faults/effects/: no row has the effect 'agent.fails'")
