"""Parts of one load come to what one master would have seen; parts of two are none."""

import json
from typing import Any

import pytest

from sigmic_conformance.load.measures.evidence import Kind
from sigmic_conformance.load.measures.recorder import Recorder
from sigmic_conformance.load.measures.worker_sums import Loss, WorkerSums
from sigmic_conformance.load.report.build import build_report
from sigmic_conformance.load.report.merging import differences, merge
from sigmic_conformance.load.verdicts.conclusion import conclude
from sigmic_conformance.load.verdicts.objectives import judge, read_objectives
from tests.load.report.test_build import FACTS, Wall

RAN = ["StreamUser", "ChatUser"]
STEADY = FACTS | {"shape": "steady", "answer": None, "users": dict.fromkeys(RAN, 1)}


def measure(recorders: list[Recorder], lateness: float, wall: Wall) -> None:
    """Twenty seconds of a machine, told to each recorder; `lateness` of its heartbeats, in seconds."""
    for second in range(20):
        wall.now = 1000.0 + second
        for recorder in recorders:
            recorder.stream_opened()
            recorder.stood(1.0, held=second + 1, missing=0, returning=0)
            recorder.heartbeat(lateness * (second + 1), 0.0, 15.0)
            recorder.of("ChatUser").sample("create", lateness)
            recorder.of("ChatUser").count("requests")
            recorder.failed("create_task", "503")
    for recorder in recorders:
        recorder.incident(Kind.CUT, task="t", stream="s", says="it ended", near=b"\xff", seconds=lateness)


def report_of(recorder: Recorder, **facts: object) -> dict:
    outcomes = judge(read_objectives(), recorder.numbers, RAN)
    workers = WorkerSums(recorder)
    if "lost" in facts:
        workers.losses["w"] = Loss(worker="w", streams=3, at=1005.0)
    told: dict[str, Any] = {**STEADY, **{name: value for name, value in facts.items() if name != "lost"}}
    conclusion = conclude(outcomes, list(told["gaps"]))
    report = build_report(told, workers, recorder.numbers, outcomes, conclusion, [])
    return json.loads(json.dumps(report))


@pytest.fixture
def recorders():
    """Those of two machines, one of them slow, and one that saw both."""
    wall = Wall()
    fast, slow, both = (Recorder(wall) for _ in range(3))
    measure([fast, both], 1 / 1024, wall)  # sums of such times are exact
    measure([slow, both], 3 / 64, wall)
    return fast, slow, both


def test_what_parts_measured_adds_up_and_no_quantile_is_an_average(recorders):
    fast, slow, both = recorders

    merged = json.loads(json.dumps(merge({"a": report_of(fast), "b": report_of(slow)}).report))

    whole = report_of(both)
    for part in ("distributions", "counts", "outside", "by_user", "errors", "evidence", "knee"):
        assert merged[part] == whole[part], part
    assert [(row["second"], row["streams"], row["p99"]) for row in merged["timeline"]] == [
        (row["second"], row["streams"], row["p99"]) for row in whole["timeline"]
    ]
    assert [(row["id"], row["verdict"]) for row in merged["objectives"]] == [
        (row["id"], row["verdict"]) for row in whole["objectives"]
    ]
    assert merged["workers"]["a"]["heartbeats"] == merged["workers"]["b"]["heartbeats"] == 20
    assert (merged["machine"]["processors"], merged["most_users"]) == (4, 2600)


def test_a_gap_and_a_loss_of_a_part_are_those_of_all(recorders):
    fast, slow, _ = recorders

    merged = merge({"a": report_of(fast), "b": report_of(slow, gaps=["a worker was lost"], lost=True)}).report

    assert merged["gaps"] == ["b: a worker was lost"]
    assert [row["worker"] for row in merged["workers_lost"]] == ["b/w"]
    assert merged["verdict"] == "incomplete"


def test_parts_that_hardly_met_are_no_answer(recorders):
    fast, slow, _ = recorders

    merged = merge({"a": report_of(fast, judged=[[2.0, 10.0]]), "b": report_of(slow, judged=[[8.0, 15.0]])})

    assert merged.report["judged"] == [[2.0, 15.0]]
    assert merged.report["gaps"] == ["all were judged at one time for 2 s of 13 s: start them together"]


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({}, ""),
        ({"heartbeat_period": 5.0}, "heartbeat_period: 15.0 in a, 5.0 in b"),
        ({"target": "http://other"}, "target: "),
        ({"workload": "f"}, "workload: 0123456789abcdef in a, f in b"),
        ({"users": {"StreamUser": 2}}, "users: "),
        ({"versions": {"locust": "2"}}, "versions: "),
        ({"shape": "ramp"}, "shape: steady in a, ramp in b"),
        ({"judged": [[20.0, 30.0]]}, "at no time all of them were judged"),
        ({"judged": []}, "at no time all of them were judged"),
    ],
)
def test_what_was_asked_otherwise_is_no_part(recorders, facts, says):
    fast, slow, _ = recorders

    found = differences({"a": report_of(fast), "b": report_of(slow, **facts)})

    assert bool(found) == bool(says)
    assert says in "; ".join(found)


def test_other_objectives_and_steps_are_no_parts(recorders):
    fast, slow, _ = recorders
    other = report_of(slow)
    other["objectives"][0]["at_least"] = 0.5
    step = {label: report_of(it, shape="step") for label, it in (("a", fast), ("b", slow))}

    assert differences({"a": report_of(fast), "b": other}) == ["the objectives of b are not those of a"]
    assert "take a master and workers" in differences(step)[0]
