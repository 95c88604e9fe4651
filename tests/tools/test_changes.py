"""Notes of changes: a wrong name or an empty text is reported before a release stumbles over it."""

from pathlib import Path

import pytest

from tools.changes import FOLDER, main, problems


def note(folder: Path, name: str, text: str = "Something is different.\n") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_the_notes_that_are_there_are_right():
    assert {path.name: list(problems(path)) for path in FOLDER.iterdir() if list(problems(path))} == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("stale-history.check.md", "HISTORY-021 looks at a waiting call too.\n"),
        ("stale-history.check.1.md", "Two sentences.\nOn two lines.\n"),
        ("hooks.internal.md", ""),
        ("README.md", "# Notes\n"),
    ],
)
def test_a_note_that_is_right_has_no_problem(tmp_path: Path, name: str, text: str):
    assert list(problems(note(tmp_path, name, text))) == []


@pytest.mark.parametrize(
    "name",
    [
        "stale-history.md", "stale-history.feature.md", "stale-history.check.txt", "Stale.check.md",
        "stale_history.check.md", "-stale.check.md", "stale.check.0.md", "check.md", ".check.md",
    ],
)  # fmt: skip
def test_a_wrong_name_is_told_with_the_types_there_are(tmp_path: Path, name: str):
    (problem,) = problems(note(tmp_path, name))

    assert "TYPE contract, check, mock, load, fix, internal" in problem


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (" \n", "it says nothing"),
        ("A sentence without an end\n", "does not end"),
        ("- One of a list.\n", "plain sentences"),
    ],
)
def test_a_wrong_text_is_told(tmp_path: Path, text: str, told: str):
    (problem,) = problems(note(tmp_path, "a.fix.md", text))

    assert told in problem


def test_the_command_names_file_and_problem_and_where_to_read_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    wrong, right = note(tmp_path, "a.fix.md", ""), note(tmp_path, "b.fix.md")

    assert main([str(right)]) == 0
    assert main([str(wrong), str(right)]) == 1
    assert capsys.readouterr().err == (
        "changes/a.fix.md: it says nothing; only internal may\n"
        "changes/README.md says how a note is named and written.\n"
    )
