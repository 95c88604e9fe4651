"""`sigmic-load`: run the load tests with Locust, or compare their saved reports."""

import sys
from collections.abc import Sequence
from importlib.util import find_spec

_USAGE = """\
usage: sigmic-load run [OPTION ...]     test a deployment; the options are Locust's and ours (run --help)
       sigmic-load compare RUN RUN ...  show what changed between saved reports (compare --help)
"""
_ASKED_WRONGLY = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    verb, rest = (words[0], words[1:]) if words else ("", [])
    if verb == "compare":
        from sigmic_load.compare import main as compare  # noqa: PLC0415 - `run` needs Locust to be loaded first

        return compare(rest)
    if verb == "run":
        return _run(rest)
    is_help = verb in {"-h", "--help"}
    problem = "" if is_help or not verb else f"sigmic-load: unknown command {verb}\n"
    (sys.stdout if is_help else sys.stderr).write(problem + _USAGE)
    return 0 if is_help else _ASKED_WRONGLY


def _run(options: Sequence[str]) -> int:
    """Become Locust, with our locustfile: it patches the standard library, so it has to be loaded first."""
    from locust.main import main as locust  # noqa: PLC0415 - see the summary

    found = find_spec("sigmic_load.locustfile")
    assert found is not None and found.origin is not None  # noqa: S101, PT018 - a module of this package
    sys.argv = ["sigmic-load run", "-f", found.origin, *options]
    locust()
    return 0
