"""`sigmic-mock doctor`."""

import json
import socket


async def test_a_port_that_is_taken_is_a_problem_with_its_cure(verb, monkeypatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("SIGMIC_MOCK_PORT", str(taken.getsockname()[1]))
        code, said, _ = await verb("doctor", "--json")

    found = {each["check"]: each for each in json.loads(said)["findings"]}
    assert code == 1
    assert (found["port"]["ok"], found["port"]["cure"]) == (False, "sigmic-mock --port 0")
    assert found["playbooks"]["ok"]


async def test_an_invalid_setting_is_refused_by_name(verb, monkeypatch) -> None:
    monkeypatch.setenv("SIGMIC_MOCK_PORT", "banana")

    code, said, complaint = await verb("doctor")

    assert (code, said) == (2, "")
    assert "SIGMIC_MOCK_PORT" in complaint
