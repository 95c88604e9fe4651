"""One settings object: made once, the same in every process."""

import json

import pytest

from sigmic_load.run.settings import VERSION, Settings, code_digest, settings_wire
from sigmic_load.settings.checked_yaml import BadFile
from tests.load import runs


def wire() -> dict[str, object]:
    return json.loads(json.dumps(settings_wire(runs.options()) | {"code": "abc"}))


def test_a_worker_has_the_settings_of_its_master():
    assert Settings.of_wire(wire(), "abc") == Settings.of_wire(settings_wire(runs.options()))
    assert Settings.of_wire(wire()).objectives


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"version": "0.0"}, "abc", f"this worker has sigmic-load {VERSION}, its master 0.0"),
        ({}, "def", "this worker has other locust files than its master"),
    ],
)
def test_a_worker_of_another_version_or_with_other_files_is_refused(change, code, says):
    with pytest.raises(BadFile, match=says):
        Settings.of_wire(wire() | change, code)


def test_the_hash_of_locust_files_is_that_of_their_contents(tmp_path):
    first, second, other = (tmp_path / name for name in ("a.py", "b.py", "c.py"))
    first.write_text("x = 1")
    second.write_text("x = 1")
    other.write_text("x = 2")

    assert code_digest([str(first)]) == code_digest([str(second)]) != code_digest([str(other)])
    assert code_digest([str(first), str(other)]) == code_digest([str(other), str(second)])
    assert code_digest(["locust_file"]) == ""


def test_settings_that_have_not_come_are_not_made_up():
    run = runs.made()
    run.told = None

    with pytest.raises(RuntimeError, match="has not sent its settings"):
        _ = run.settings
