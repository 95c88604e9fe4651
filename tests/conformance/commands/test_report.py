import pytest

from sigmic_conformance.cli import main
from tests.conformance.reports.material import plain_run


def test_every_form_is_written_where_it_was_asked_for(tmp_path, capsys):
    run = str(plain_run(tmp_path / "run"))
    files = {"--html": tmp_path / "a.html", "--markdown": tmp_path / "a.md"}

    words = [word for form, path in files.items() for word in (form, str(path))]
    assert main(["report", run, *words, "--annotations"]) == 0

    assert files["--html"].read_text().startswith("<!DOCTYPE html>")
    assert files["--markdown"].read_text().startswith("# Not conformant")
    assert "::error title=" in capsys.readouterr().out


def test_without_a_wish_the_summary_is_printed(tmp_path, capsys):
    assert main(["report", str(plain_run(tmp_path))]) == 0
    assert capsys.readouterr().out.startswith("# Not conformant")


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (["--html", "no/such/x.html"], "can't write no/such/x.html: no such file or directory"),
    ],
)
def test_an_unwritable_report_file_is_one_line(tmp_path, monkeypatch, refused, wish, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused(["report", str(plain_run(tmp_path / "run")), *wish])
