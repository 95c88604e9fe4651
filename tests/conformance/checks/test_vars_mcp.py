from sigmic_conformance.conformance.judging.verdict import Outcome
from tests.conformance.kit import outcome_of
from tests.conformance.probe_reports import about, first_run


def test_variables_of_an_exchange_are_missed_only_where_those_of_a_task_arrive():
    tasks = first_run()
    kept = first_run({"http.word": "{{mcp.PROBE_WORD}}"}, probe="mcp_exchange")
    lost = first_run(without="stdio_digests", probe="mcp_exchange")

    assert about("VARS-019", first_run(probe="mcp_exchange"), tasks).outcome is Outcome.PASSED
    assert about("VARS-019", kept, tasks).reason == "not-replaced"
    assert about("VARS-019", lost, tasks).reason == "not-replaced"
    assert outcome_of(about("VARS-019", lost, first_run(without="http_digests"))) == "stimulus-not-reached"
