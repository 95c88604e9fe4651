"""The client of the control plane: connections kept, refusals told."""

import pytest

from sigmic_conformance.mock_server.domain.secret import Secret
from sigmic_conformance.mock_server.testing import Mock, mock_server
from sigmic_conformance.mock_server.testing.control_client import ControlClient, ControlRefused, NoServer


@pytest.fixture(scope="module")
def mock():
    with mock_server() as running:
        yield running


def test_a_connection_is_kept_until_the_server_closes_it(mock: Mock) -> None:
    client = ControlClient(mock.control_url, Secret(mock.control_token))
    client.ask("health")
    (kept,) = client._idle
    client.ask("health")
    assert list(client._idle) == [kept]
    client.close()
    assert not client._idle


def test_a_connection_that_was_closed_meanwhile_is_not_used() -> None:
    with mock_server() as passing:
        client = ControlClient(passing.control_url, Secret(passing.control_token))
        client.ask("health")
        assert client._idle
    with pytest.raises(NoServer, match=r"no server answers at 127\.0\.0\.1"):
        client.ask("health")
    assert not client._idle


def test_a_refusal_is_the_servers_own_words(mock: Mock) -> None:
    client = ControlClient(mock.control_url, Secret("mockctl_wrong"))
    with pytest.raises(ControlRefused, match="not the control token") as refused:
        client.ask("health")
    assert refused.value.status == 401
    client.close()


def test_what_is_no_control_plane_is_said_to_be_none(mock: Mock) -> None:
    client = ControlClient(mock.base_url, Secret(mock.control_token))
    with pytest.raises(NoServer, match=r"is it a Sigmic mock\?"):
        client.call("GET", "/metrics")
    client.close()
