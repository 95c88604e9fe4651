"""A badge about a finished run: what it says, as a Shields endpoint and as a picture of its own. Pure."""

from collections.abc import Mapping
from html import escape

from sigmic_conformance.conformance.judging.verdict import Outcome
from sigmic_conformance.conformance.results.saved import SavedRun

GREEN, YELLOW, RED, GREY = "#2c7a3f", "#9a6700", "#b42318", "#57606a"
LABEL = "Sigmic AI API"
CHARACTER = 6.6
"""Width of an average character at 11 pixels, in pixels."""


def message(run: SavedRun) -> tuple[str, str]:
    """What the badge says and its colour. Unproven and excused requirements are never hidden."""
    if run.document["problem"]:
        return "not judged", GREY
    outcomes = [verdict.outcome for verdict in run.verdicts.values()]
    passed = sum(outcome is Outcome.PASSED for outcome in outcomes)
    failed = sum(outcome in {Outcome.FAILED, Outcome.ERRORED} for outcome in outcomes)
    unproven = sum(outcome in {Outcome.BLOCKED, Outcome.INCONCLUSIVE} for outcome in outcomes)
    words = [f"{passed}/{len(outcomes)} passed"]
    words += [f"{failed} failed"] if failed else []
    words += [f"{unproven} unproven"] if unproven else []
    words += ["part of the rows"] if run.is_partial else []
    colour = RED if failed else YELLOW if unproven or run.is_partial else GREEN
    return " · ".join(words), colour


def endpoint(run: SavedRun) -> Mapping[str, object]:
    """The badge in the form that a Shields endpoint serves."""
    text, colour = message(run)
    return {"schemaVersion": 1, "label": LABEL, "message": text, "color": colour.lstrip("#")}


def picture(run: SavedRun) -> str:
    """The badge as an SVG document that needs nothing from anywhere."""
    text, colour = message(run)
    left, right = (round(len(words) * CHARACTER) + 12 for words in (LABEL, text))
    said = escape(f"{LABEL}: {text}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img"'
        f' aria-label="{said}"><title>{said}</title>'
        f'<rect width="{left}" height="20" fill="#3b4048"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14">{escape(LABEL)}</text>'
        f'<text x="{left + right / 2:g}" y="14">{escape(text)}</text></g></svg>\n'
    )
