"""The report and its page show the same numbers."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema_rs
import pytest
import yaml

from sigmic_load.measures.accounting import account
from sigmic_load.measures.errors import Errors
from sigmic_load.measures.findings import Findings
from sigmic_load.measures.health import Health
from sigmic_load.measures.recorder import Recorder
from sigmic_load.measures.worker_sums import Loss, WorkerSums
from sigmic_load.report import build
from sigmic_load.report.build import build_report, knee
from sigmic_load.report.files import render_table, write_report
from sigmic_load.report.page import TEMPLATE, render_page
from sigmic_load.verdicts.conclusion import conclude
from sigmic_load.verdicts.fitness import examine
from sigmic_load.verdicts.objectives import judge, objectives_of, read_slo
from tests.fakes.set_time import SetTime

ROOT = Path(__file__).parents[3]
FACTS = {
    "target": "http://127.0.0.1:1/<script>",
    "shape": "step",
    "heartbeat_period": 15.0,
    "began": 1000.0,
    "seconds": 60.0,
    "judged": [[2.0, 15.0]],
    "workload": "0123456789abcdef",
    "gaps": [],
    "users": {"StreamUser": 1},
    "most_users": 1300,
    "command": "locust -u 3",
    "versions": {"locust": "1"},
    "machine": {"system": "Linux", "processors": 2},
    "answer": "holds 2 streams & more",
    "labels": {"region": "eu"},
    "planned": None,
    "done": {"seconds": 60.0, "judged": 13.0, "users": 1300, "streams": 20, "heartbeats": 20},
    "slo": "fedcba9876543210",
    "streams": account({"streams_requested": 20, "streams_opened": 20}, Errors(), wanted=20).as_json(),
    "generator": examine({"": Health()}, [], 13.0, 1000.0, 0.05).as_json(1000.0),
}


def measured() -> Recorder:
    wall = SetTime()
    recorder = Recorder(wall)
    for second in range(20):
        wall.now = 1000.0 + second
        recorder.of("").stream_opened()
        recorder.client_lag(0.001)
        recorder.heartbeat(second / 10, 0.0, 15.0)
        recorder.compared(2, Findings(lost=1))
    return recorder


@pytest.fixture
def report():
    recorder = measured()
    outcomes = judge(objectives_of(read_slo()), recorder.numbers, ["StreamUser"])
    workers = WorkerSums(recorder, given={"w1": recorder.numbers.to_wire()})
    workers.losses["w2"] = Loss(worker="w2", streams=7, at=1012.0)
    gaps = ["worker w2 was lost after 12 s with 7 open streams"]
    return build_report(FACTS, workers, recorder.numbers, outcomes, conclude(outcomes, gaps))


def test_lateness_is_shown_by_the_number_of_streams():
    rows = knee(measured().timeline)

    assert [row["streams"] for row in rows] == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]
    assert sum(row["heartbeats"] for row in rows) == 20
    assert rows[-1]["p99"] > rows[0]["p99"]


def test_the_files_hold_the_same(report, tmp_path):
    write_report(report, tmp_path / "new")

    read = json.loads((tmp_path / "new" / "load.json").read_text())
    assert read == json.loads(json.dumps(report))
    assert read["counts"]["heartbeats"]["value"] == 20
    assert read["workers"]["w1"] == {name: row["value"] for name, row in read["counts"].items()}
    assert read["timeline"][-1]["streams"] == 20
    broken = [row["id"] for row in read["objectives"] if row["verdict"] == "broken"]
    assert broken == ["heartbeat-lateness", "nothing-lost"]


def test_the_report_has_its_published_form(report):
    schema = yaml.safe_load((Path(build.__file__).parent / "load.schema.yaml").read_text())
    jsonschema_rs.meta.validate(schema)

    jsonschema_rs.validate(schema, json.loads(json.dumps(report)))

    assert set(schema["required"]) == set(schema["properties"]) == set(report)


def test_other_programs_get_the_same_verdicts(report, tmp_path):
    write_report(report, tmp_path)

    rows = report["objectives"]
    suite = ET.parse(tmp_path / "junit.xml").getroot()
    failed = [case.get("name") for case in suite.findall("testcase") if case.find("failure") is not None]
    assert failed == ["heartbeat-lateness", "nothing-lost", "run"]
    assert suite.get("failures") == "3"
    assert int(suite.get("tests", "")) == len(rows) + 1
    (label,) = suite.iterfind("properties/property")
    assert label.attrib == {"name": "region", "value": "eu"}
    skipped = {case.get("name") for case in suite.findall("testcase") if case.find("skipped") is not None}
    assert skipped == {row["id"] for row in rows if row["verdict"] == "not asked"}


def test_the_page_is_whole_and_escapes_what_it_shows(report):
    page = render_page(report)

    assert page.count("<script") == 3, "the library, ours, and their data"
    assert '<div class="headline broken"><strong>broken</strong> · exit code 3' in page
    assert "w2: lost after 12 s, with 7 open streams" in page
    assert "1,300 at most" in page
    verdicts = re.findall(r'class="verdict" data-label="verdict">([a-z ]+)<', page)
    assert verdicts == sorted(verdicts, key=["broken", "unproven", "held", "not asked"].index)
    assert verdicts[0] == "broken", "what needs somebody comes first"
    data = json.loads(re.findall(r'id="plots-data">(.*?)</script>', page)[0])
    assert [it["title"] for it in data["plots"]] == [
        "Streams over time",
        "Streams asked for and ended",
        "Lateness over time",
        "How late the latest share of heartbeats was",
        "Lateness against streams",
        "What reconnecting cost",
        "How late the load generator itself was",
    ]
    assert [name for name, _ in data["plots"][2]["lines"]] == ["p50", "p99", "most"]
    assert data["plots"][2]["limit"] == 1000.0
    assert data["shade"] == [[0.0, 2.0], [15.0, 20.0]], "before and after"
    assert page.count("<figure data-plot=") == 7
    assert "holds 2 streams &amp; more" in page
    assert "http://" not in page.replace("http://127.0.0.1:1/", ""), "nothing is loaded from elsewhere"


def test_the_page_has_the_tokens_of_the_other_pages():
    ours, theirs = (
        dict(re.findall(r"^\s*(--[\w-]+):\s*([^;]+);", path.read_text(), re.MULTILINE))
        for path in (TEMPLATE, ROOT / "mock_server" / "sigmic_mock" / "web" / "ui" / "sigmic.css")
    )

    assert len(ours) > 20
    assert {name: theirs.get(name) for name in ours} == ours


def test_a_run_without_measures_has_a_page_too():
    recorder = Recorder(SetTime())
    outcomes = judge(objectives_of(read_slo()), recorder.numbers, ["StreamUser"])

    facts = FACTS | {"judged": []}
    conclusion = conclude(outcomes, ["nothing was judged"])
    page = render_page(build_report(facts, WorkerSums(recorder), recorder.numbers, outcomes, conclusion))

    assert "Not measured: Streams over time;" in page
    assert "<figure" not in page
    assert "unproven" in page


def test_the_table_has_a_line_for_every_objective(report):
    outcomes = judge(objectives_of(read_slo()), measured().numbers, ["StreamUser"])

    row = account({"streams_requested": 9, "streams_opened": 8, "streams_cut": 1}, Errors(), wanted=8)
    table = render_table(outcomes, conclude(outcomes, []), row, "holds 2 streams")

    assert all(outcome.objective.id in table for outcome in outcomes)
    assert "broken" in table
    assert table.splitlines()[1] == (
        "streams: 9 requested, 8 answered, 7 open, 1 cut, 1 waiting (8 to be held)"
    )
    assert "\nstep: holds 2 streams\nbroken: heartbeat-lateness: broken" in table
