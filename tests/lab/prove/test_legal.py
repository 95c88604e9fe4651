from dataclasses import replace

from lab.prove.legal import Passage, blamed, complaints, grouped, lane, orders
from lab.prove.platform import Fault
from lab.prove.violations import chosen
from sigmic_conformance.model.record.verdict import Unproven, failed, inconclusive, warned

RED = failed("wrong", expected="", observed="seen")
ODD = warned("odd", expected="", observed="seen")


def fault(
    id: str,
    effect: str = "answer.write",
    kind: str = "variation",
    row: str = "GET-001",
    where=None,
    **parameters,
) -> Fault:
    return Fault(
        id=id, kind=kind, row=row, effect=effect, parameters=parameters, where=where or {}, learns=""
    )


def passage(**verdicts) -> Passage:
    named = {row.replace("_", "-"): verdict for row, verdict in verdicts.items()}
    return Passage(ids=("x",), fired={"x": 1}, verdicts=named, seconds=1.0)


def test_variations_that_touch_the_same_are_never_in_one_run():
    same = [fault("a"), fault("b")]
    apart = [
        *(fault(path, "answer.set", path=path) for path in ("data", "meta")),
        *(fault(name, "answer.header", name=name) for name in ("Server", "X-Future")),
        fault("one operation", "answer.header", name="Server", where={"operation": "get_task"}),
        fault("line ends", "frame.substitute", find="\n"),
        fault("lines", "frame.substitute", find="^event"),
        fault("one event", "frame.substitute", find="^event", where={"event": "done"}),
    ]

    first, second = ([each.id for each in group] for group in grouped([*same, *apart]))
    (alone,) = ([each.id for each in group] for group in grouped(apart))

    assert len(first) == len(second) == 5
    assert ("a" in first) != ("b" in first)
    assert (alone[0], alone[-1]) == ("one event", "line ends")


def test_a_fault_is_chosen_by_class_and_by_its_id_or_row():
    faults = [fault("a.x"), fault("a.y", kind="transient"), fault("b", row="LIST-001")]

    assert [each.id for each in chosen(faults, "variation", ())] == ["a.x", "b"]
    assert [each.id for each in chosen(faults, "variation", ["a.*"])] == ["a.x"]
    assert [each.id for each in chosen(faults, "variation", ["LIST-*"])] == ["b"]


def test_the_fault_http_pieces_is_armed_with_larger_pieces():
    piece = orders([fault("http.pieces")])["http.pieces"]["piece"]
    assert isinstance(piece, int)
    assert piece > 1
    assert orders([fault("json.extra-field")]) == {"json.extra-field": {}}


def test_only_requirements_of_the_sample_clients_may_warn():
    found = passage(STREAM_015=ODD, GET_001=ODD)

    assert set(complaints(found)) == {"GET-001"}
    assert lane([found]) == ["STREAM-015"]


def test_noise_of_this_machine_is_no_complaint():
    assert complaints(passage(BEAT_001=inconclusive(Unproven.TIMING_NOISE, "late"))) == {}


def test_a_transient_fault_may_leave_a_row_undecided_but_not_failed():
    found = passage(GET_001=inconclusive(Unproven.CONTROL_FAILED, "x"), LIST_001=RED, GET_003=ODD)

    assert set(blamed(found)) == {"LIST-001"}
    assert blamed(replace(found, suspected=frozenset({"LIST-001"}))) == {}
