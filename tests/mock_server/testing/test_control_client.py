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


def test_what_is_no_control_plane_is_named_as_none(mock: Mock) -> None:
    client = ControlClient(f"{mock.base_url}/c", Secret(mock.control_token))  # a page
    with pytest.raises(NoServer, match=r"is it a Sigmic mock\?"):
        client.ask("health")


@pytest.mark.parametrize(
    ("operation", "fields", "told"),
    [
        ("save_snapshot", {}, r"no operation save_snapshot; did you mean take_snapshot\?"),
        ("frobnicate", {}, r"no operation frobnicate; they are in /__mock/v1/openapi.json"),
        ("x" * 500, {}, r"no operation x{80};"),
        (5, {}, "no operation 5;"),
        ("restore_snapshot", {}, "restore_snapshot needs name$"),
        ("restore_snapshot", {"snapshot": "x"}, "restore_snapshot needs name, not snapshot$"),
        ("show_timeline", {"task": None}, "show_timeline needs task"),
        ("list_timers", {"nope": 1}, "Unknown query parameter 'nope'"),
        ("advance_clock", {"bye": "1s"}, r"Unknown field 'bye'; did you mean by\?"),
        (
            "put_playbook",
            {"name": "a", "playbook": {"x": {1}}},
            "put_playbook as JSON: set is not a JSON type",
        ),
    ],
)
def test_a_wrong_call_is_refused_with_the_nearest_name(
    mock: Mock, operation: str, fields: dict[str, object], told: str
) -> None:
    client = ControlClient(mock.control_url, Secret(mock.control_token))
    with pytest.raises(MockRefused, match=told):
        client.ask(operation, **fields)
