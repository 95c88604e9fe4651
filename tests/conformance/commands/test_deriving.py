"""Messages about the pages of a run, for the user who started it."""

from sigmic_conformance.commands.deriving import derived
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.reports.folder import clear
from tests.conformance.reports.material import plain_run
from tests.conformance.saving import verdict


def test_the_pages_are_written_and_named(tmp_path):
    written, went = derived(plain_run(tmp_path), ["sigmic_never"])

    assert (written, went) == ("report.html and summary.md; result.json", ExitCode.OK)
    assert (tmp_path / "report.html").is_file()
    assert (tmp_path / "summary.md").is_file()
    clear(tmp_path)
    assert not {"report.html", "summary.md"} & {path.name for path in tmp_path.iterdir()}


def test_a_page_that_would_show_a_secret_spoils_the_run(tmp_path, capsys):
    rows = [verdict("GET-001", "failed", "x", observed="sigmic_planted", slices=[])]

    written, went = derived(plain_run(tmp_path, rows), ["sigmic_planted"])

    assert (written, went) == ("result.json", ExitCode.SELF_CHECK)
    said = capsys.readouterr().err
    assert ("would show a secret" in said, "sigmic_planted" in said) == (True, False)
    assert not {"report.html", "summary.md"} & {path.name for path in tmp_path.iterdir()}


def test_a_failed_report_page_is_reported_and_the_result_is_still_written(tmp_path, capsys):
    written, went = derived(plain_run(tmp_path, complete=False), [])

    assert (written, went) == ("result.json", ExitCode.OK)
    assert "could not write the report page: " in capsys.readouterr().err
