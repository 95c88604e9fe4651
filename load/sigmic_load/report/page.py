"""`load.html`: the report as one page, drawn from `load.json`. It loads nothing from elsewhere. Pure."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from sigmic_load.measures.evidence import MOST
from sigmic_load.report.build import Report
from sigmic_load.report.charts import plots, shade
from sigmic_load.report.table import number
from sigmic_spec.plural import plural

STALLS = 5
"""Stalls that are shown per process; `load.json` has the others."""
ACCOUNT = {
    "wanted": "streams to be held",
    "requested": "requested",
    "answered": "answered",
    "open": "open at the end",
    "done": "ended with done",
    "early": "ended early",
    "error": "ended with error",
    "closed": "closed without done",
    "cut": "cut",
    "silent": "silent in the end",
    "left": "left by us",
    "lost": "lost with a worker",
    "refused": "refused",
    "unanswered": "never answered",
    "waiting": "waiting",
    "unmeasured": "not measured",
}
BAD = frozenset({"early", "error", "closed", "cut", "silent", "refused", "unanswered", "lost"})
SAID = {
    "sound": "it measured all the time that is judged",
    "impaired": "it stood still at times; what overlaps them is judged by its lower bound",
    "unsound": "it could not measure for too long, so the run is incomplete",
}
TEMPLATE = Path(__file__).parent / "page.html"
EXAMPLES = 12
"""Incidents of a kind that are shown; `load.json` has the others."""


@cache
def _files() -> dict[str, str]:
    """Return what the page has of other files, by their names."""
    names = ("plots.js", "vendor/uplot.js", "vendor/uplot.css")
    return {name: (TEMPLATE.parent / name).read_text(encoding="utf-8") for name in names}


@cache
def _template() -> Template:
    """Compiled once: compiling takes longer than rendering, and this process times heartbeats."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment.get_template(TEMPLATE.name)


def render_page(report: Report) -> str:
    """Return the page."""
    workers = report["workers"]
    full, empty = plots(report)
    return _template().render(
        report=report,
        plots=full,
        shade=shade(report),
        not_measured=empty,
        files=_files(),
        plural=plural,
        shown=EXAMPLES,
        kept=MOST,
        account_parts=ACCOUNT,
        account_bad=BAD,
        said=SAID,
        stalls_shown=STALLS,
        worker_columns=[("", "measure"), *(("n", name) for name in workers)],
        worker_rows=[
            [name, *(number(mine.get(name, 0)) for mine in workers.values())]
            for name in sorted({name for mine in workers.values() for name in mine})
        ],
    )
