"""The counters are shown in Prometheus' format."""

from sigmic_mock.http.metrics import Metrics, Watched
from tests.fakes.served import Served


def test_requests_durations_and_watched_values_are_shown():
    metrics = Metrics()
    metrics.record("get_task", 200, 0.003)
    metrics.record("get_task", 200, 0.2)
    metrics.record("get_task", 404, 99.0)
    metrics.watch(
        Watched("open_streams", "Streams.", lambda: 3),
        Watched("events", "Events.", lambda: {"done": 2}, counter=True, label="event"),
    )

    lines = metrics.render().decode().splitlines()

    assert 'sigmic_mock_requests_total{operation="get_task",status="200"} 2.0' in lines
    assert 'sigmic_mock_requests_total{operation="get_task",status="404"} 1.0' in lines
    assert 'sigmic_mock_request_seconds_bucket{le="0.005",operation="get_task"} 1.0' in lines
    assert 'sigmic_mock_request_seconds_bucket{le="0.25",operation="get_task"} 2.0' in lines
    assert 'sigmic_mock_request_seconds_count{operation="get_task"} 3.0' in lines
    assert "sigmic_mock_open_streams 3.0" in lines
    assert 'sigmic_mock_events_total{event="done"} 2.0' in lines


def test_two_servers_in_one_process_do_not_mix():
    one, other = Metrics(), Metrics()
    one.record("get_task", 200, 0.1)

    assert b"get_task" in one.render()
    assert b"get_task" not in other.render()


def test_cpu_and_memory_of_the_process_are_shown_and_nothing_else_of_python():
    shown = Metrics().render()

    assert b"\nprocess_cpu_seconds_total " in shown
    assert b"\nprocess_resident_memory_bytes " in shown
    assert b"python_info" not in shown


async def test_the_server_says_how_it_is(mock: Served):
    health = await mock.call("GET", "/healthz", headers={})
    metrics = await mock.call("GET", "/metrics", headers={})

    assert (health.json["status"], health.json["sandbox"]["backend"]) == ("ok", "scripted")
    assert b'sigmic_mock_requests_total{operation="healthz",status="200"} 1.0' in metrics.body
    assert metrics.headers["Content-Type"].startswith("text/plain")
