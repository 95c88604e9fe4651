"""Explore the reference platform, healthy and with faults; runs together with the other whole runs."""

import contextlib
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.platforms.server import serve
from sigmic_conformance.cli import main
from sigmic_conformance.results.saved import SavedRun, read
from sigmic_conformance.target.served import serving

pytestmark = [pytest.mark.judgement, pytest.mark.timeout(900)]
PATIENCE = "800"
"""Seconds. The turns or requests bound what is explored, so that a slow machine explores as much."""
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\[secret:[0-9a-f]+\]|boundary=[0-9a-f]+")


def explore(folder: Path, *words: str, requests: int = 160) -> int:
    bounds = ["--requests", str(requests), "--seconds", PATIENCE, "--seed", "7"]
    return main(["explore", *words, *bounds, "--report-dir", str(folder)])


@contextlib.contextmanager
def served(*faults: str) -> Iterator[Mapping[str, Any]]:
    """Run a mock in which these faults stay armed; yield the values of its ready file."""
    words = [sys.executable, "-m", "sigmic_mock", "--ephemeral", "--port", "0"]
    words += [word for fault in faults for word in ("--fault", f"{fault},times=100000")]
    with serving(f"exec {shlex.join(words)} --ready-file {{ready_file}}") as mock:
        yield mock.ready


def reasons(run: SavedRun) -> dict[str, str | None]:
    return {row: each.reason for row, each in run.verdicts.items() if each.outcome.value == "failed"}


def test_a_healthy_platform_has_no_findings_and_a_result_like_any_other(tmp_path, capsys):
    assert explore(tmp_path, "--mock") == 0, capsys.readouterr().out

    run = read(tmp_path)
    assert run.is_partial
    assert len(run.verdicts) > 90
    assert not {"failed", "warned", "errored"} & {each.outcome.value for each in run.verdicts.values()}
    assert run.document["seed"] == 7
    assert main(["rejudge", str(tmp_path)]) == 0


# Several faults together, if none hides another.
@pytest.mark.parametrize(
    ("planted", "operations"),
    [
        (
            {
                "status.validation-error": ("HTTP-006", "server-error"),
                "auth.accepts-auth-required": ("ERROR-001", "accepted"),
                "token.echoes-secret": ("TOKEN-012", "variable-in-answer"),
            },
            ("create_task", "list_tasks", "create_token"),
        ),
        (
            {
                "create.accepts-without-message": ("CREATE-008", "accepted"),
                "create.id-of-nobody": ("CREATE-005", "id-reused"),
                "envelope.error-is-text": ("ENVELOPE-002", "no-envelope"),
            },
            ("create_task", "get_task"),
        ),
    ],
)
def test_what_was_planted_is_found_by_its_row_with_a_command(
    tmp_path, monkeypatch, capsys, planted, operations
):
    chosen = [word for name in operations for word in ("--operation", name)]
    with served(*planted) as told:
        app = told["widget_app"]
        secrets = {"API_KEY": told["api_key"], "APP_ID": app["app_id"], "APP_SECRET": app["app_secret"]}
        for name, value in secrets.items():
            monkeypatch.setenv(f"SIGMIC_{name}", value)
        code = explore(tmp_path / "r", "--target", told["base_url"], *chosen, requests=60 * len(operations))

    run = read(tmp_path / "r")
    said = capsys.readouterr().out
    assert code == 1
    assert reasons(run).items() >= set(planted.values())
    for row, _ in planted.values():
        assert row in said
        assert "curl -i -N" in run.verdicts[row].evidence[0].curl
    assert told["api_key"] not in said + (tmp_path / "r" / "result.json").read_text()


def test_a_platform_that_decided_otherwise_is_not_blamed(tmp_path, monkeypatch, capsys):
    with serve(heartbeat=2.0, limits=True) as target:
        monkeypatch.setenv("SIGMIC_API_KEY", next(iter(target.accounts.keys)))
        code = explore(tmp_path, "--target", target.url, requests=250)

    assert code == 0, capsys.readouterr().out
    assert len(read(tmp_path).verdicts) > 90


def test_the_seed_draws_the_same_requests_again(tmp_path, monkeypatch):
    def drawn(folder: Path) -> list[tuple[str, str, str]]:
        target = ("--target", told["base_url"], "--operation", "list_tasks")
        assert explore(folder, *target, requests=40) == 0
        found = read(folder).transcripts()
        return [
            (name, each.sent.method, ID.sub("*", f"{each.sent.target} {each.sent.text}"))
            for name, transcript in sorted(found.items())
            for each in transcript.exchanges
        ]

    with served() as told:
        monkeypatch.setenv("SIGMIC_API_KEY", told["api_key"])
        first = drawn(tmp_path / "1")
        assert len(first) > 20
        assert drawn(tmp_path / "2") == first


def test_only_reading_requests_are_sent_where_only_reading_is_allowed(tmp_path, monkeypatch):
    with served() as told:
        monkeypatch.setenv("SIGMIC_API_KEY", told["api_key"])
        profile = tmp_path / "target.yaml"
        profile.write_text(f"base_url: {told['base_url']}\nread_only: true\n")
        assert explore(tmp_path / "r", "--profile", str(profile), requests=60) == 0

    sent = read(tmp_path / "r").transcripts()["explore"].exchanges
    assert {each.sent.method for each in sent} == {"GET"}


def test_a_target_that_does_not_answer_is_exit_12(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGMIC_API_KEY", "sigmic_" + "0" * 64)

    assert explore(tmp_path, "--target", "http://127.0.0.1:9") == 12
