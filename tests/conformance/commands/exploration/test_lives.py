"""Random lives of tasks: what breaks a requirement is found and shortened, and nothing else is reported."""

import re
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from lab.platforms.platform import Platform, Task
from lab.platforms.server import Edge, Target, serve
from lab.platforms.suite_run import credentials, profile_document
from sigmic_conformance.cli import main
from sigmic_conformance.results import saved


class SecondMessageIsLost(Platform):
    """The message of a follow-up is not saved."""

    def remember(self, task: Task, role: str, content: str, more: Mapping) -> None:
        if role == "assistant" or not task.messages:
            super().remember(task, role, content, more)


class EndsWithACancellation(Edge):
    """The server ends when a task is cancelled."""

    def cancel_task(self, id: str) -> None:
        super().cancel_task(id)
        threading.Thread(target=self.end).start()

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def explore(target: Target, folder: Path, patch: pytest.MonkeyPatch, *flags: str) -> int:
    told = profile_document(target.heartbeat, target.files.largest)
    del told["session_expiry_seconds"]  # a life that waits for it is long
    profile = folder / "profile.yaml"
    profile.write_text(yaml.safe_dump(told))
    for name, value in credentials(target).items():
        patch.setenv(name, value)
    words = ["explore", "--stateful", "--profile", str(profile), "--target", target.url, "--seed", "1"]
    return main([*words, "--report-dir", str(folder / "found"), *flags])


def test_a_life_that_breaks_a_requirement_is_shortened_to_its_steps(tmp_path, monkeypatch, capsys):
    with serve(SecondMessageIsLost) as target:
        code = explore(target, tmp_path, monkeypatch, "--seconds", "30")

    said = capsys.readouterr().out
    steps = re.findall(r"^  \d\. (.*)$", said, re.MULTILINE)
    assert code == 1
    assert "The shortest that breaks " in said
    assert any("send task 1 a message" in step for step in steps)
    assert len(steps) <= 4
    found = saved.read(tmp_path / "found")
    [name] = found.transcripts()
    assert name.startswith("life_")
    assert {each.evidence[0].probe for each in found.verdicts.values() if each.evidence} == {name}


def test_lives_of_a_sound_platform_break_nothing_and_end_in_time(tmp_path, monkeypatch, capsys):
    with serve() as target:
        code = explore(target, tmp_path, monkeypatch, "--seconds", "4")

    assert code == 0
    assert "none of them broke a requirement" in capsys.readouterr().out
    assert len(saved.read(tmp_path / "found").verdicts) > 50


def test_a_life_that_ends_the_server_is_the_last_one_and_is_not_shortened(tmp_path, monkeypatch, capsys):
    with serve(EndsWithACancellation) as target:
        code = explore(target, tmp_path, monkeypatch, "--seconds", "60")

    said = capsys.readouterr().out
    assert code == 1
    assert "The shortest that breaks HTTP-006" in said
    assert re.search(r"^  \d+\. cancel task \d$", said, re.MULTILINE)


def test_lives_end_when_the_turns_are_spent(tmp_path, monkeypatch):
    with serve() as target:
        explore(target, tmp_path, monkeypatch, "--seconds", "60", "--turns", "3")
        assert sum(len(task.messages) for task in target.platform.tasks.values()) <= 6


def test_flags_for_single_requests_are_refused_with_lives(capsys):
    words = ["explore", "--stateful", "--target", "http://127.0.0.1:1", "--operation", "get_task"]

    with pytest.raises(SystemExit) as refused:
        main(words)
    assert refused.value.code == 4
    assert "leave them out with --stateful" in capsys.readouterr().err
