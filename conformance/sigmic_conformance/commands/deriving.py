"""Write the pages of a run that has just ended, and report them to the user."""

from collections.abc import Iterable
from pathlib import Path

from sigmic_conformance.commands.output import complain
from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.reports.allure import describe
from sigmic_conformance.reports.folder import PAGE, SUMMARY, write
from sigmic_conformance.reports.markdown import summary
from sigmic_conformance.reports.material import gather
from sigmic_conformance.reports.page import page
from sigmic_conformance.results import saved
from sigmic_conformance.results.saved import RESULT, Unusable


def derived(folder: Path, secrets: Iterable[str]) -> tuple[str, ExitCode]:
    """Write the page and the summary of the result in this folder; return the path to open and the exit code.

    Secrets are replaced when they are recorded. A page that still contains one is not written and fails the
    run (`SELF_CHECK`). If a page cannot be generated, that is reported and the run does not fail.
    """
    try:
        material = gather(saved.read(folder))
        describe(folder, material.document)
        texts = {PAGE: page(material), SUMMARY: summary(material)}
        shown = [name for name, text in texts.items() if any(secret in text for secret in secrets if secret)]
        for name in texts.keys() - set(shown):
            write(folder / name, texts[name])
    except (Unusable, OSError) as problem:
        complain(f"sigmic-conformance: could not write the report page: {problem}")
        return RESULT, ExitCode.OK
    if shown:
        told = ", ".join(shown)
        complain(f"sigmic-conformance: {told} would show a secret of the run and was not written")
        return RESULT, ExitCode.SELF_CHECK
    return f"{PAGE} and {SUMMARY}; {RESULT}", ExitCode.OK
