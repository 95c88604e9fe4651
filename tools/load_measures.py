"""The page of all measures on the site (`reference/load-measures.md`)."""

from collections.abc import Iterable, Iterator

from sigmic_load.measures.catalogue import COUNTS, DISTRIBUTIONS, Measure
from sigmic_load.measures.histogram import RELATIVE_ERROR

_HEAD = """# Measures of the load tests

Use these names in objectives (`load/sigmic_load/slo.yaml`) and to read `load.json`.
[The guide](../guides/load-test.md) explains both.
"""


def page() -> str:
    """Return the page."""
    return "\n".join([_HEAD, *_distributions(), "", *_counts(), ""])


def _distributions() -> Iterator[str]:
    yield "## Distributions"
    yield ""
    yield (
        "Statistics: `p50`, `p90`, `p95`, `p99`, `p99.9`, `max`, `mean`. "
        f"Count, mean, least and most are exact, quantiles at most {RELATIVE_ERROR:.2%} off."
    )
    yield ""
    yield "| measure | unit | what | measured by |"
    yield "|---|---|---|---|"
    yield from (_row(measure) for measure in DISTRIBUTIONS.values())


def _counts() -> Iterator[str]:
    yield "## Counts"
    yield ""
    yield (
        "Statistics: `total`, and `share` of another count (`of`). "
        "Where a count has evidence, 0 means something only if that has grown."
    )
    yield ""
    yield "| measure | unit | what | measured by | evidence |"
    yield "|---|---|---|---|---|"
    for measure in COUNTS.values():
        yield f"{_row(measure)} {_code([measure.evidence])} |"


def _row(measure: Measure) -> str:
    by = _code(measure.users) or "the load generator"
    return f"| `{measure.name}` | {measure.unit} | {measure.says} | {by} |"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names if name)
