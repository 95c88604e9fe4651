"""The eleven operations, as a client uses them; answers are checked against the document on the way."""

from tests.fakes.served import Served


async def test_the_server_says_how_it_is(mock: Served):
    health = await mock.call("GET", "/healthz", headers={})
    metrics = await mock.call("GET", "/metrics", headers={})

    assert (health.json["status"], health.json["sandbox"]["backend"]) == ("ok", "scripted")
    assert b'sigmic_mock_requests_total{operation="healthz",status="200"} 1.0' in metrics.body
    assert metrics.headers["Content-Type"].startswith("text/plain")
