"""`load.html`: the report as one page with inline plots, drawn from `load.json`. Pure."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from sigmic_load.measures.evidence import MOST
from sigmic_load.report.build import Report
from sigmic_load.report.charts import charts
from sigmic_load.report.grouping import SECONDS, grouped
from sigmic_load.report.plots import number
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
    return _template().render(
        report=report,
        charts=charts(report),
        plural=plural,
        evidence=grouped(report["evidence"]),
        seconds_shown=SECONDS,
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
