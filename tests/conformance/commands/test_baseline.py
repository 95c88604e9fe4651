import pytest
import yaml

from sigmic_conformance.conformance.cli import main
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


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": "glued"}, "fails-otherwise: BEAT-001"),
        ({"expires": "2020-01-01"}, "expired: BEAT-001"),
    ],
)
def test_a_worthless_entry_leaves_its_failure_standing(tmp_path, capsys, change, words):
    run, path = save(tmp_path, [BROKEN]), tmp_path / "baseline.yaml"
    updated(run, path)
    document = yaml.safe_load(path.read_text())
    document["entries"][0] |= change
    document["entries"][0]["expires"] = str(document["entries"][0]["expires"])
    path.write_text(yaml.safe_dump(document))

    assert checked(run, path) == 1
    assert words in capsys.readouterr().out


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
        ({"complete": False}, "cut short"),
    ],
)
def test_a_baseline_is_made_from_a_whole_run_only(tmp_path, capsys, more, words):
    path = tmp_path / "baseline.yaml"

    with pytest.raises(SystemExit) as ended:
        updated(save(tmp_path, [BROKEN], **more), path)

    assert ended.value.code == 4
    assert words in capsys.readouterr().err
    assert not path.exists()


def test_nobody_answering_is_refused(tmp_path, capsys):
    run = save(tmp_path, [BROKEN])

    with pytest.raises(SystemExit):
        main(["baseline", "update", str(run), "--file", str(tmp_path / "b.yaml")])

    assert "--owner" in capsys.readouterr().err
