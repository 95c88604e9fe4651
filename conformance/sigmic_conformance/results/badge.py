"""A badge for a finished run: its text, as a Shields endpoint and as an SVG image. Pure."""

from collections.abc import Mapping
from html import escape

from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.results.claims import ClaimStatus
from sigmic_conformance.results.saved import SavedRun

GREEN, YELLOW, RED, GREY = "#2c7a3f", "#9a6700", "#b42318", "#57606a"
LABEL = "Sigmic AI API"
CHARACTER = 6.6
"""Width of an average character at 11 pixels, in pixels."""


def message(run: SavedRun) -> tuple[str, str]:
    """The badge's text and colour. Unproven and excused requirements are never hidden."""
    if run.document["problem"]:
        return "not tested", GREY
    outcomes = [verdict.outcome for verdict in run.verdicts.values()]
    passed = sum(outcome is Outcome.PASSED for outcome in outcomes)
    failed = sum(outcome in {Outcome.FAILED, Outcome.ERRORED} for outcome in outcomes)
    unproven = sum(outcome.is_undecided for outcome in outcomes)
    words = [f"{passed}/{len(outcomes)} passed"]
    words += [f"{failed} failed"] if failed else []
    words += [f"{unproven} unproven"] if unproven else []
    words += ["part of the requirements"] if run.is_partial else []
    colour = RED if failed else YELLOW if unproven or run.is_partial else GREEN
    return " · ".join(words), colour


def claim_message(run: SavedRun, name: str) -> tuple[str, str]:
    """The same about one claim; KeyError if the run does not have it."""
    claim = run.document["claims"][name]
    if run.document["problem"]:
        return "not tested", GREY
    standing = ClaimStatus(claim["standing"])
    words = [standing.value, *([f"{claim['broken']} failed"] if claim["broken"] else [])]
    words += [f"{claim['unproven'] + claim['unjudged']} open"] if standing is ClaimStatus.UNPROVEN else []
    colours = {ClaimStatus.CONFORMANT: GREEN, ClaimStatus.UNPROVEN: YELLOW, ClaimStatus.BROKEN: RED}
    return " · ".join(words), colours.get(standing, GREY)


def endpoint(run: SavedRun, claim: str | None = None) -> Mapping[str, object]:
    """The badge in the format of a Shields endpoint."""
    label, (text, colour) = _said(run, claim)
    return {"schemaVersion": 1, "label": label, "message": text, "color": colour.lstrip("#")}


def picture(run: SavedRun, claim: str | None = None) -> str:
    """The badge as a self-contained SVG document."""
    label, (text, colour) = _said(run, claim)
    left, right = (round(len(words) * CHARACTER) + 12 for words in (label, text))
    said = escape(f"{label}: {text}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img"'
        f' aria-label="{said}"><title>{said}</title>'
        f'<rect width="{left}" height="20" fill="#3b4048"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">'
        f'<text x="{left / 2:g}" y="14">{escape(label)}</text>'
        f'<text x="{left + right / 2:g}" y="14">{escape(text)}</text></g></svg>\n'
    )


def _said(run: SavedRun, claim: str | None) -> tuple[str, tuple[str, str]]:
    if claim is None:
        return LABEL, message(run)
    return f"{LABEL}: {claim}", claim_message(run, claim)
