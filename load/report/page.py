"""`load.html`: the report as one page with its plots inside, drawn from what `load.json` holds. Pure."""

from html import escape
from pathlib import Path
from string import Template

from sigmic_conformance.load.report import tables
from sigmic_conformance.load.report.build import Report
from sigmic_conformance.load.report.charts import charts

TEMPLATE = Path(__file__).parent / "page.html"


def render_page(report: Report) -> str:
    """Return the page."""
    plots = charts(report)
    drawn = [(name, plot) for name, plot in plots if plot]
    missing = [name for name, plot in plots if not plot]
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(f"Load test of {report['target']}"),
        headline=tables.headline(report),
        answer=f'<p class="answer">{escape(report["answer"])}</p>' if report["answer"] else "",
        facts=tables.facts(report),
        objectives=tables.objectives(report["objectives"]),
        plots="".join(
            f"<figure><figcaption>{escape(name)}</figcaption>{plot}</figure>" for name, plot in drawn
        ),
        missing=f'<p class="note">Not measured: {escape("; ".join(missing))}.</p>' if missing else "",
        distributions=tables.distributions(report["distributions"]),
        counts=tables.counts(report["counts"]),
        errors=tables.errors(report["errors"]),
        evidence=tables.evidence(report["evidence"]),
        outside=tables.outside(report["outside"]),
        workers=tables.workers(report["workers"], report["workers_lost"]),
    )
