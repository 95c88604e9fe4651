"""The head of the page: the verdict as text, the target, the suite, and what was and was not seen. Pure."""

from collections.abc import Iterator
from typing import Any

from sigmic_conformance.exit_codes import ExitCode
from sigmic_conformance.model.record.verdict import Outcome
from sigmic_conformance.reports.markup import Html, element, fact, fold, line
from sigmic_conformance.reports.material import Material
from sigmic_conformance.reports.words import (
    ORDER,
    OUTCOMES,
    claim_in_words,
    exit_in_words,
    verdict_in_words,
    when,
)
from sigmic_conformance.results.coverage import Count
from sigmic_conformance.wire.transcript import PREFLIGHT
from sigmic_spec.plural import plural

MOST_MISSING = 200
TONES = {
    ExitCode.OK: "good",
    ExitCode.UNPROVEN: "unsure",
    ExitCode.BASELINE: "unsure",
    ExitCode.BUDGET: "unsure",
}


def headline(material: Material) -> Html:
    """Verdict, outcomes, facts, results by part of the API, baseline."""
    document = material.document
    code = ExitCode(document["exit_code"])
    tone = "unsure" if document["problem"] else TONES.get(code, "bad")
    excused = document.get("baseline", {}).get("excused")
    if tone == "good" and (document.get("selection") or document.get("unselected") or excused):
        tone = "unsure"
    return element(
        "header",
        element("p", "Conformance to the Sigmic AI API", class_="over"),
        element("h1", verdict_in_words(document), class_=f"verdict {tone}"),
        element("p", f"Exit code {int(code)}: {exit_in_words(document)}.", class_="exit"),
        element("ul", [element("li", f"Cause: {each}") for each in material.causes]),
        _bar(material),
        element("ul", [_tile(material, outcome) for outcome in ORDER], class_="tiles", aria_label="Outcomes"),
        element("dl", list(_facts(document)), class_="facts"),
        _claims(document),
        _baseline(document),
    )


def observed(material: Material) -> Html:
    """How much of the API was observed, as counts, and what was not."""
    return element(
        "section",
        element("h2", "What was observed", id="observed"),
        element("p", "Counts, not a percentage: what is not observed is not proven.", class_="note"),
        element("ul", [_count(count) for count in material.counts], class_="tiles counts"),
        fold("What was not observed", [_missing(count) for count in material.counts if count.missing]),
    )


def about(document: Any) -> Html:
    """What was tested and how: the profile, what the tier leaves out, the probes that ended early."""
    return element(
        "section",
        element("h2", "About this run", id="about"),
        _left_out(document),
        _probes(document),
        _profile(document),
    )


def _bar(material: Material) -> Html:
    """All requirements as one bar, each outcome as wide as its number."""
    at, pieces = 0, []
    for outcome in ORDER:
        if number := material.number(outcome):
            title = element("title", f"{number} {outcome.value}")
            pieces.append(element("rect", title, x=at, y=0, width=number, height=1, class_=outcome.value))
            at += number
    return element(
        "svg",
        pieces,
        viewBox=f"0 0 {max(at, 1)} 1",
        preserveAspectRatio="none",
        class_="bar",
        aria_hidden="true",
    )


def _facts(document: Any) -> Iterator[Html]:
    reference = " (the reference platform)" if document["target"]["reference"] else ""
    seconds = document.get("seconds")
    yield fact("Target", f"{document['target']['base_url']}{reference}")
    yield fact("When", when(document))
    yield fact("Duration", f"{seconds:g} s" if seconds is not None else "not kept")
    yield fact("Scope", _scope(document))
    yield fact("Suite", f"{document['suite']}, requirements {_ledger(document)}")
    yield fact("Seed", str(document.get("seed", "not kept")))


def _scope(document: Any) -> str:
    """What was tested: the tier, the selection within it, and what that leaves out."""
    tier, selected = f"tier {document.get('tier') or 'full'}", document.get("selection")
    left_out = len(document.get("unselected", ()))
    parts = [
        tier,
        *([selected] if selected and selected != tier else []),
        *([f"{plural(left_out, 'requirement')} not tested"] if left_out else []),
        *(["strict"] if document.get("strict") else []),
    ]
    return ", ".join(parts)


def _ledger(document: Any) -> str:
    pin = document.get("pin")
    return f"{document['ledger']}, the gate knows {pin}" if pin else str(document["ledger"])


def _tile(material: Material, outcome: Outcome) -> Html | None:
    number = material.number(outcome)
    if not number and outcome is not Outcome.FAILED:
        return None
    words = [element("b", str(number)), " ", outcome.value]
    return element(
        "li",
        element("a", words, href="#requirements", data_outcome=outcome.value, title=OUTCOMES[outcome]),
        class_=outcome.value if number else None,
    )


def _count(count: Count) -> Html:
    return element("li", element("b", f"{count.have} of {count.of}"), " ", count.what)


def _missing(count: Count) -> Html:
    left_out = len(count.missing) - MOST_MISSING
    return fold(
        f"not among {count.what}: {len(count.missing)}",
        element(
            "p",
            [[element("code", each), " "] for each in count.missing[:MOST_MISSING]],
            f" and {left_out} more" if left_out > 0 else None,
        ),
    )


def _claims(document: Any) -> Html | None:
    rows = [line(name, claim_in_words(each), _of(each)) for name, each in document.get("claims", {}).items()]
    if not rows:
        return None
    head = "Results by part of the API"
    return fold(head, element("table", rows), open=not document.get("selection"))


def _of(claim: Any) -> str:
    return f"{claim['passed']} of {plural(claim['of'], 'requirement')} passed"


def _left_out(document: Any) -> Html | None:
    rows = document.get("unselected", ())
    if not rows:
        return None
    count = plural(len(rows), "requirement")
    said = f"The tier {document.get('tier')} leaves out {count}: they are not tested"
    return fold(said, element("p", [[element("code", row), " "] for row in rows]))


def _profile(document: Any) -> Html:
    rows = [line(key, _value(value)) for key, value in sorted(document["target"].items())]
    return fold("The profile of the run", element("table", rows))


def _value(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "not given"}[value]
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _probes(document: Any) -> Html | None:
    probes = {name: each for name, each in sorted(document.get("probes", {}).items()) if name != PREFLIGHT}
    odd = {name: each for name, each in probes.items() if each["ending"] != "complete"}
    if not odd:
        return None
    rows = [
        line(
            name.replace("_", " "),
            f"{each['ending']}: {each['detail']}" if each["detail"] else each["ending"],
        )
        for name, each in odd.items()
    ]
    head = f"{plural(len(odd), 'probe')} of {len(probes)} did not run, or ended early"
    return fold(head, element("table", rows))


def _baseline(document: Any) -> Html | None:
    baseline = document.get("baseline", {})
    excused, problems = baseline.get("excused", ()), baseline.get("problems", ())
    if not excused and not problems:
        return None
    links = [[element("a", row, href=f"#{row}"), " "] for row in excused]
    return element(
        "section",
        element("h2", "Baseline"),
        element("p", "Known, which is not conformance: ", links) if excused else None,
        element("ul", [element("li", f"{each['trouble']}: {each['text']}") for each in problems]),
    )
