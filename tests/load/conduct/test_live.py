"""A run is shown while it continues, in Locust's web page and to Prometheus."""

import json
from types import SimpleNamespace
from urllib.request import urlopen

import pytest
from flask import Flask
from locust.env import Environment
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client.parser import text_string_to_metric_families

from sigmic_load.conduct import publishing
from sigmic_load.conduct.live import METRICS, PAGE, show_live
from sigmic_load.conduct.publishing import publish, unanswered
from sigmic_load.measures.recorder import Phase
from sigmic_load.run.run import Run
from sigmic_load.users.stream import StreamUser
from tests.load import runs


@pytest.fixture
def environment():
    host = "http://somebody:secret@127.0.0.1:1"
    return Environment(user_classes=[StreamUser], host=host)


def begun(run: Run) -> None:
    run.begin()
    run.enter(Phase.JUDGED)
    for _ in range(3):
        run.recorder.of("").stream_opened()
    for _ in range(20):
        run.recorder.heartbeat(2.0, 0.0, None)


def samples(text: str) -> dict[tuple[str, str], float]:
    return {
        (sample.name, " ".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def web_ui(environment: Environment, application: Flask) -> SimpleNamespace:
    """Return a fake of Locust's web UI with the attributes that we extend; the user is signed in."""
    return SimpleNamespace(
        app=application,
        environment=environment,
        template_args={"a": 1},
        auth_required_if_enabled=lambda view: view,
    )


@pytest.fixture
def start(environment):
    """A function that requests a start on Locust's page."""
    application = Flask("locust")
    application.add_url_rule("/swarm", "swarm", lambda: {"success": True, "message": ""}, methods=["POST"])
    environment.web_ui = web_ui(environment, application)
    run = runs.made()
    show_live(environment, run)
    return run, lambda **form: application.test_client().post("/swarm", data=form).get_json()


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"host": "http://staging.example.com"}, "add --i-may-load-test-this-host staging.example.com"),
        ({"host": "staging"}, "--host staging is not a URL"),
        ({}, "can't be reached: "),
        ({"user_count": "-3"}, "--users -3"),
        ({"spawn_rate": "nan"}, "--spawn-rate nan"),
    ],
)
def test_a_start_from_the_page_is_refused_before_there_are_users(start, form, says):
    _, request = start

    told = request(**{"host": "http://127.0.0.1:9", "user_count": "1", **form})

    assert told["success"] is False
    assert says in told["message"]


def test_the_page_changes_no_users_of_a_run_and_starts_none_while_one_ends(start):
    run, request = start
    begun(run)
    assert request(user_count="2")["message"].startswith("the shape sets the users of a run")

    run.enter(Phase.LEAVING)

    assert request(user_count="2")["message"].startswith("the last run is still ending")


def test_locusts_web_page_has_the_report_as_it_stands(environment):
    run = runs.made()
    application = Flask("locust")
    application.add_url_rule("/stats/requests", "stats", lambda: {"state": "running"})
    environment.web_ui = web_ui(environment, application)
    assert show_live(environment, run) is None
    client = application.test_client()
    assert "No run has started" in client.get(PAGE).text

    assert client.get("/stats/requests").json == {"state": "running"}

    begun(run)
    shown = client.get(PAGE)

    assert shown.headers["Refresh"] == "5"
    assert "<strong>broken</strong>" in shown.text
    assert "secret" not in shown.text, "an address may hold a password"
    assert samples(client.get(METRICS).text)["sigmic_load_open_streams", ""] == 3
    tab = client.get("/stats/requests").get_json()
    assert tab["state"] == "running"
    ((table,),) = [tab["extended_stats"]]
    told = {row["objective"]: (row["verdict"], row["measured"]) for row in table["data"]}
    assert told["open streams"] == ("", "3")
    assert told["heartbeat-lateness"] == ("broken", "2 s")
    assert environment.web_ui.template_args["extended_tables"][0]["key"] == table["key"]
    run.enter(Phase.LEAVING)
    assert "Refresh" not in client.get(PAGE).headers


def test_prometheus_gets_counts_histograms_and_verdicts(environment):
    run = runs.made(metrics_port=0)
    begun(run)
    server = show_live(environment, run)
    assert server is not None
    try:
        with urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=10) as answer:
            told = samples(answer.read().decode())
    finally:
        server.shutdown()
        server.server_close()

    assert told["sigmic_load_open_streams", ""] == 3
    assert told["sigmic_load_judged", ""] == 1
    assert told["sigmic_load_heartbeats_total", "StreamUser"] == 20
    assert told["sigmic_load_heartbeat_lateness_seconds_bucket", "2.5 StreamUser"] == 20
    assert told["sigmic_load_heartbeat_lateness_seconds_bucket", "1.0 StreamUser"] == 0
    assert told["sigmic_load_objective", "heartbeat-lateness broken"] == 1
    assert told["sigmic_load_objective", "streams-held unproven"] == 1


def test_opentelemetry_reads_a_run_that_was_started_for_it(environment, monkeypatch):
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader])
    monkeypatch.setattr("opentelemetry.metrics.get_meter", provider.get_meter)
    environment.parsed_options = SimpleNamespace(otel=True)
    run = runs.made(region="eu")
    show_live(environment, run)
    begun(run)

    data = reader.get_metrics_data()
    provider.shutdown()
    assert data is not None
    found = json.loads(data.to_json())

    ((scope,),) = [resource["scope_metrics"] for resource in found["resource_metrics"]]
    told = {metric["name"]: metric["data"]["data_points"] for metric in scope["metrics"]}
    (streams,) = told["sigmic_load.open_streams"]
    assert (streams["value"], streams["attributes"]) == (3, {"region": "eu"})


def test_a_report_that_breaks_is_no_answer_and_none_is_left_over(environment, monkeypatch, capsys):
    run = runs.made()
    run.begin()
    environment.user_classes = [StreamUser]
    publish(environment, run)
    assert run.exit_codes == [4], "nothing was judged"

    run.begin()
    monkeypatch.setattr(publishing, "render_table", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        publish(environment, run)
    assert run.exit_codes == [4, 4]
    assert "incomplete: " in capsys.readouterr().out


def test_a_user_class_that_got_no_user_is_named():
    run = runs.made()
    run.begin()
    run.enter(Phase.JUDGED)
    run.started.add("ChatUser")
    run.most_users = 3

    assert unanswered(run, ["ChatUser"]) == []
    (gap,) = unanswered(run, ["PollUser", "ChatUser"])
    assert gap == "no PollUser ran: 3 users were too few. Name the classes, or add users"


def test_a_process_that_is_stopped_without_a_run_has_no_result(environment, capsys):
    run = runs.made()

    publish(environment, run)

    assert (run.exit_codes, capsys.readouterr().out) == ([], "")
