"""The client of the control plane: it raises refusals as errors."""

import pytest

from sigmic_mock.domain.secret import Secret
from sigmic_mock.testing import Mock, mock_server
from sigmic_mock.testing.control_client import ControlClient, MockRefused, NoServer


@pytest.fixture(scope="module")
def mock():
    with mock_server() as running:
        yield running


def test_a_refusal_is_the_servers_own_words(mock: Mock) -> None:
    client = ControlClient(mock.control_url, Secret("mockctl_wrong"))
    with pytest.raises(MockRefused, match="not the control token"):
        client.ask("health")


def test_what_is_no_control_plane_is_said_to_be_none(mock: Mock) -> None:
    client = ControlClient(f"{mock.base_url}/c", Secret(mock.control_token))  # a page
    with pytest.raises(NoServer, match=r"is it a Sigmic mock\?"):
        client.ask("health")
