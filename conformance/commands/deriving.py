"""The pages of a run that has just ended, and what is said of them to the one who started it."""

import sys
from collections.abc import Iterable
from pathlib import Path

from sigmic_conformance.conformance.exit_codes import ExitCode
from sigmic_conformance.conformance.reports.folder import PAGE, SUMMARY, SecretShown, derive
from sigmic_conformance.conformance.results.saved import RESULT, Unusable


def derived(folder: Path, secrets: Iterable[str]) -> tuple[str, ExitCode]:
    """Write what follows from the result in this folder; return what to open, and how it went.

    A page that would show a secret is not written and spoils the run (`SELF_CHECK`); a page that cannot be
    made is said and spoils nothing.
    """
    try:
        derive(folder, secrets=secrets)
    except SecretShown as leak:
        print(f"sigmic-conformance: {leak}", file=sys.stderr)
        return RESULT, ExitCode.SELF_CHECK
    except (Unusable, OSError) as problem:
        print(f"sigmic-conformance: could not write the report page: {problem}", file=sys.stderr)
        return RESULT, ExitCode.OK
    return f"{PAGE} and {SUMMARY}; {RESULT}", ExitCode.OK
