"""The small bugs as a whole: of documented sentences, all of them seen, and only in their situations."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from tests.conformance.targets.bugs.all import AREAS, BUGS
from tests.conformance.targets.bugs.catalogue import DIMENSIONS, Bug, bug
from tests.conformance.targets.bugs.client import names, texts
from tests.conformance.targets.bugs.page import judged
from tests.conformance.targets.bugs.scene import Scene, scene
from tests.conformance.targets.platform import Platform

ROOT = Path(__file__).parents[4]
FACTS = yaml.safe_load((ROOT / "spec/facts.yaml").read_text())["facts"]


def test_every_bug_is_seen_by_the_test_of_its_area():
    seen = set()
    for area in AREAS:
        name = area.__name__.rpartition(".")[2]
        shown = import_module(f"tests.conformance.targets.bugs.test_{name}").SEEN.keys()
        assert shown == {each.id for each in BUGS.values() if each.area == name}
        seen |= shown
    assert seen == BUGS.keys()
    assert len(seen) >= 110


def test_of_every_bug_is_said_whether_the_suite_sees_it():
    assert judged().keys() == BUGS.keys()


def is_well_founded(found: Bug) -> bool:
    """Whether a bug breaks documented sentences, and of others only what an RFC says."""
    told = [fact for fact in found.facts if "documented" in FACTS.get(fact, {}).get("tags", ())]
    others = [fact for fact in found.facts if fact not in FACTS]
    return (
        bool(told and found.sentence and found.because and found.says)
        and all(re.fullmatch(r"RFC [0-9]+ [0-9.]+", fact) for fact in others)
        and not any(fact.startswith(("G-", "X-")) for fact in found.facts)
    )


def test_every_bug_breaks_a_documented_or_inherited_sentence():
    assert [each.id for each in BUGS.values() if not is_well_founded(each)] == []


def test_the_bugs_are_spread_over_all_situations():
    told = [
        (name, value) for each in BUGS.values() for name in each.situation for value in each.situation[name]
    ]

    assert set(told) == {(name, value) for name, values in DIMENSIONS.items() for value in values}
    assert min(sum(name == each for each, _ in told) for name in DIMENSIONS) >= 10


def test_an_unknown_situation_is_refused():
    register = bug("S-01", sentence="x", situation={"turn": "2nd"}, because="x")
    register(type("OnceOnly", (Platform,), {}))
    try:
        with pytest.raises(ValueError, match="once-only is registered already"):
            register(type("OnceOnly", (Platform,), {}))
        with pytest.raises(ValueError, match="turn: 4th"):
            bug("S-01", sentence="x", situation={"turn": "4th"}, because="x")(Platform)
    finally:
        del BUGS["once-only"]


def tour(visited: Scene) -> list[object]:
    """What a first turn looks like to who made it by JSON as a bearer and listens from its start."""
    visited.hold()
    owner = visited.owner
    task = owner.create("What is 2+2?")
    pending = owner.get(task)["status"]
    reader = owner.stream(task)
    before = reader.until("history_done")
    visited.release()
    live = reader.rest()
    found, listed, saved = owner.get(task), owner.page(), owner.history(task)
    return [
        pending,
        names(before),
        before[-1][1],
        names(live),
        texts(live),
        found["status"],
        found["output"]["content"],
        found["error"],
        [item["id"] == task for item in listed["data"]],
        listed["data"][0]["messageCount"],
        listed["pagination"],
        saved["status"],
        [(message["role"], message["content"]) for message in saved["messages"]],
        owner.files(task),
        names(owner.stream(task).rest()),
        owner.cancel(task).refused,
        visited.stranger.ask("GET", f"/tasks/{task}").status,
        visited.client(None).ask("GET", "/tasks").status,
    ]


TOURED = [
    "pending",
    ["history_message", "history_done"],
    {"messageCount": 1, "isStreaming": True},
    ["content", "content", "done"],
    "2+2 is 4.",
    "completed",
    "2+2 is 4.",
    None,
    [True],
    2,
    {"total": 1, "limit": 50, "offset": 0, "hasMore": False},
    "completed",
    [("user", "What is 2+2?"), ("assistant", "2+2 is 4.")],
    {},
    ["history_message", "history_message", "history_done"],
    True,
    404,
    401,
]


@pytest.mark.parametrize("id", BUGS)
def test_a_plain_first_turn_shows_nothing_of_a_bug(id: str):
    with scene(BUGS[id].part) as visited:
        assert tour(visited) == TOURED
