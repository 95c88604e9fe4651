"""The command names generated files that are out of date. `tox -e lint` checks those of the repository."""

from collections import Counter
from pathlib import Path

import pytest

from tools.generated import GENERATORS, Generator, main


def generator(text: str, path: str = "page.md") -> Generator:
    return Generator("page", "the table", lambda: {path: text.encode()})


def refusing(problem: str) -> Generator:
    def files() -> dict[str, bytes]:
        raise ValueError(problem)

    return Generator("ledger", "the rows", files)


def test_no_file_is_written_by_two_generators():
    times = Counter(path for each in GENERATORS for path in each.files())

    assert [path for path, count in times.items() if count > 1] == []


def test_an_outdated_file_is_written_and_then_current(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "page.md").write_text("old\n")
    table = [generator("new\n"), generator("also\n", "deep/other.md")]

    assert main([], table, tmp_path) == 0
    assert capsys.readouterr().out == "wrote page.md\nwrote deep/other.md\n"
    assert (tmp_path / "page.md").read_text() == "new\n"
    assert main(["--check"], table, tmp_path) == 0
    assert capsys.readouterr() == ("", "")


def test_a_check_names_file_source_difference_and_command_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "page.md").write_text("kept\nold\n")

    assert main(["--check"], [generator("kept\nnew\n")], tmp_path) == 1
    assert capsys.readouterr().err == (
        "page.md does not follow from the table\n    @@ -2 +2 @@\n    -old\n    +new\n"
        "Run `tox -e fix`, and commit what it writes.\n"
    )
    assert (tmp_path / "page.md").read_text() == "kept\nold\n"


def test_a_check_names_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["--check"], [generator("new\n")], tmp_path) == 1
    assert "page.md does not follow from the table\n    there is no such file\n" in capsys.readouterr().err


def test_a_failed_file_gives_the_reason_and_the_others_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert main([], [refusing("LIST-001: unknown fact"), generator("new\n")], tmp_path) == 1
    assert capsys.readouterr() == ("wrote page.md\n", "ledger: LIST-001: unknown fact\n")
