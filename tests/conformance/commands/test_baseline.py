import pytest

from sigmic_conformance.cli import main
from tests.conformance.saving import save, verdict

BROKEN = verdict("BEAT-001", "failed", "too-long-silence", slices=[])


def updated(run, path, *more: str) -> int:
    return main(["baseline", "update", str(run), "--file", str(path), "--owner", "me", *more])


def checked(run, path) -> int:
    return main(["baseline", "check", str(run), "--file", str(path)])


def test_a_new_baseline_fits_its_run(tmp_path, capsys):
    run, path = save(tmp_path, [BROKEN, verdict("GET-001")]), tmp_path / "baseline.yaml"

    assert updated(run, path) == 0
    assert "+- check: BEAT-001" in capsys.readouterr().out
    assert checked(run, path) == 0


def test_a_worthless_entry_leaves_its_failure_standing(tmp_path, capsys):
    path = tmp_path / "baseline.yaml"
    updated(save(tmp_path / "before", [BROKEN]), path)

    assert checked(save(tmp_path / "after", [BROKEN | {"reason": "glued"}]), path) == 1
    assert "fails-otherwise: BEAT-001" in capsys.readouterr().out


def test_an_entry_that_is_mended_is_exit_11(tmp_path, capsys):
    path = tmp_path / "baseline.yaml"
    updated(save(tmp_path / "before", [BROKEN]), path)

    assert checked(save(tmp_path / "after", [verdict("BEAT-001")]), path) == 11
    assert "stale: BEAT-001" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"selection": "BEAT"}, "part of the requirements"),
        ({"problem": "nobody answers"}, "nobody answers"),
    ],
)
def test_a_baseline_is_made_from_a_whole_run_only(tmp_path, refused, more, words):
    run, path = save(tmp_path, [BROKEN], **more), tmp_path / "baseline.yaml"

    assert words in refused(["baseline", "update", str(run), "--file", str(path), "--owner", "me"])
    assert not path.exists()


def test_an_entry_needs_an_owner(tmp_path, refused):
    words = ["baseline", "update", str(save(tmp_path, [BROKEN])), "--file", str(tmp_path / "b.yaml")]

    assert "--owner" in refused(words)
