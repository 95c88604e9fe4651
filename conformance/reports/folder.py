"""Writes the reports that a run derives by itself: the page, the summary, Allure's files."""

from collections.abc import Iterable
from pathlib import Path

from sigmic_conformance.conformance.reports.allure import describe
from sigmic_conformance.conformance.reports.markdown import summary
from sigmic_conformance.conformance.reports.material import gather
from sigmic_conformance.conformance.reports.page import page
from sigmic_conformance.conformance.results import saved

PAGE, SUMMARY = "report.html", "summary.md"


class SecretShown(Exception):
    """A report would have held a secret; it was not written."""


def clear(folder: Path) -> None:
    """Remove what an earlier run derived: a report must not outlive its result."""
    for name in (PAGE, SUMMARY):
        (folder / name).unlink(missing_ok=True)


def derive(folder: Path, *, secrets: Iterable[str] = ()) -> None:
    """Write the reports of the run in this folder.

    Raises `saved.Unusable` for a run that was cut short, and `SecretShown` when one of `secrets`, which are
    replaced where they are recorded, got into a report all the same.
    """
    run = saved.read(folder)
    material = gather(run)
    describe(folder, run.document)
    texts = {PAGE: page(material), SUMMARY: summary(material)}
    hidden = [secret for secret in secrets if secret]
    for name, text in texts.items():
        if any(secret in text for secret in hidden):
            raise SecretShown(f"{name} would show a secret of the run and was not written")
        write(folder / name, text)


def write(path: Path, text: str) -> None:
    """Write a report; bytes that are no UTF-8 are spelt out."""
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
