"""The types of the control plane's answers in Python."""

from typing import get_type_hints

import requests

from sigmic_mock.control.table import control_table
from sigmic_mock.testing import control_answers, mock_server
from tools.python_types import answer_types


def test_each_operation_has_a_typed_answer():
    text = answer_types()

    assert [name for name in control_table().operations if f'op: Literal["{name}"]' not in text] == []


def test_entries_of_the_journal_have_the_fields_of_their_type():
    with mock_server() as mock, mock.fault("sse.crlf"):
        tasks = f"{mock.base_url}/api/v1/tasks"
        made = requests.post(tasks, json={"message": "hi"}, headers=mock.headers, timeout=30).json()
        requests.get(f"{tasks}/{made['data']['id']}/stream", headers=mock.headers, timeout=30)
        entries = mock.journal()

    assert {each["kind"] for each in entries} == {"request", "open", "frame", "end", "fault"}
    assert {name for each in entries for name in each} == set(get_type_hints(control_answers.Entry))
