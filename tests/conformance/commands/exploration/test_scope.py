from typing import Any

from sigmic_conformance.commands.exploration.scope import explorable
from sigmic_conformance.target.profile import Profile
from sigmic_spec.document import Document


def profile(**more: Any) -> Profile:
    return Profile(base_url="http://127.0.0.1:1", **more)


def test_everything_is_explored_unless_it_is_denied_or_not_wanted():
    everything = tuple(Document.load().operations)

    assert explorable(profile()) == everything
    assert set(everything) - set(explorable(profile(without=frozenset({"widget", "artifacts"})))) == {
        "create_token",
        "list_artifacts",
        "download_artifact",
    }
    assert explorable(profile(), ["get_task"]) == ("get_task",)


def test_a_read_only_exploration_sends_only_get_requests():
    methods = {Document.load().operations[name].method for name in explorable(profile(read_only=True))}

    assert methods == {"GET"}
    assert explorable(profile(read_only=True), ["create_task"]) == ()
