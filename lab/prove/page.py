"""proof.html: the matrix by row in one page that loads nothing and can be searched without a network."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sigmic_conformance.reports.document import document
from sigmic_conformance.reports.markup import (
    Child,
    Html,
    element,
    fold,
    join,
    line,
    prose,
    table,
    wide,
)
from sigmic_conformance.reports.visible import cut
from sigmic_conformance.reports.words import when
from sigmic_spec.ledger import Ledger
from sigmic_spec.plural import plural

_HERE = Path(__file__).parent
_COLUMNS = ("requirement", "broken by", "grade", "verdict", "fired", "other requirements that changed")
_MET = {
    "project": "for one project",
    "server": "for every caller",
    "": "never fired",
}
_SIGNS = {"caught": "passed", "void": "warned", "unjudged": "warned"}
"""The outcome whose colour a grade has; the other grades have that of a failure."""
_RATES = {
    "whole": "by their own requirement",
    "any_row": "by any requirement",
    "everywhere": "by their own requirement, of requirements with an invariant or a sweep",
}
"""The rates of confined violations, with what each of them counts."""
MOST_CHANGED = 3
"""The most other rows that are shown unfolded."""
MOST_TEXT = 200


def page(proof: Mapping[str, Any]) -> str:
    """The page of a proof, given the content of proof.json."""
    style = (_HERE / "page.css").read_text(encoding="utf-8")
    script = (_HERE / "page.js").read_text(encoding="utf-8")
    body = element("main", _problems(proof), _matrix(proof), _rest(proof))
    return document("Proof of the suite", _headline(proof), body, script=script, style=style)


def _headline(proof: Mapping[str, Any]) -> Html:
    parts = proof["parts"]
    good = proof["exit_code"] == 0
    proven = "The suite is proven" if good else "The suite is not proven"
    limit = f", as far as {', '.join(proof['only'])} goes" if proof.get("only") else ""
    rows = [line(name, part["summary"], f"{part['seconds']} s") for name, part in parts.items()]
    said = f"Ledger {proof['ledger']}, suite {proof['suite']}, {when(proof)}, {proof['seconds']} s."
    return element(
        "header",
        element("h1", "Proof of the suite"),
        element("p", f"{proven}{limit}.", class_=f"verdict {'good' if good else 'bad'}"),
        element("p", said, class_="note"),
        wide(table(("part", "what came of it", "took"), rows, class_="parts"), "Parts"),
    )


def _problems(proof: Mapping[str, Any]) -> Html:
    found = [f"{name}: {line}" for name, part in proof["parts"].items() for line in part["problems"]]
    if not found:
        return Html("")
    return element(
        "section",
        element("h2", "What keeps the gate shut"),
        element("ul", [element("li", line) for line in found]),
    )


def _matrix(proof: Mapping[str, Any]) -> Html:
    findings = [finding for part in proof["parts"].values() for finding in part.get("findings", ())]
    statements = {row.id: row.statement for row in Ledger.load().requirements}
    faults = proof["parts"].get("server", {}).get("faults", {})
    said = {name: fault["learns"] for name, fault in faults.items()}
    rows = [
        _row(finding, statements.get(finding["row"], ""), said.get(finding["id"], ""))
        for finding in sorted(findings, key=lambda each: (each["row"], each["id"]))
    ]
    return element(
        "section",
        element("h2", "Requirements and what breaks them"),
        element("label", "Search: words of a requirement, a fault, a reason or a grade", for_="search"),
        element("br"),
        element("input", id="search", type="search", autocomplete="off"),
        element("p", id="count", role="status"),
        wide(table(_COLUMNS, rows, id="matrix"), "Requirements and what breaks them"),
    )


def _row(finding: Mapping[str, Any], statement: str, says: str) -> Html:
    verdict = str(finding["outcome"] or "none") + (f" ({finding['reason']})" if finding["reason"] else "")
    wanted = f"wanted {finding['expected']}" if finding["expected"] else "no reason declared"
    cells: Iterable[Child] = (
        [element("strong", finding["row"]), element("br"), element("small", prose(statement))],
        [element("code", finding["id"]), element("br"), element("small", prose(says))],
        element("span", finding["grade"], class_=f"sign {_SIGNS.get(finding['grade'], 'failed')}"),
        [verdict, element("br"), element("small", f"{wanted}; {cut(finding['observed'], MOST_TEXT)}")],
        element("small", f"{plural(finding['fired'], 'time')}, {_MET[finding['met']]}"),
        _changed({row: str(status["is"]) for row, status in finding["changed"].items()}),
    )
    named = zip(_COLUMNS, cells, strict=True)
    return element("tr", [element("td", element("div", cell), data_name=name) for name, cell in named])


def _changed(rows: Mapping[str, str]) -> Html:
    """The other rows, grouped by their new status."""
    if not rows:
        return element("small", "none")
    statuses: dict[str, list[str]] = {}
    for row, status in rows.items():
        statuses.setdefault(status, []).append(row)
    lines = [
        element("div", element("small", f"{status}: {', '.join(found)}"))
        for status, found in statuses.items()
    ]
    if len(rows) <= MOST_CHANGED:
        return join(lines)
    return fold(plural(len(rows), "requirement"), lines, class_=None)


def _rest(proof: Mapping[str, Any]) -> Html:
    parts = proof["parts"]
    rows = parts.get("rows", {})
    runs = parts.get("canaries", {}).get("canaries", ())
    unkilled = rows.get("unkilled", ())
    return join(
        [
            _section("Tested requirements that nothing broke", [", ".join(unkilled)] if unkilled else []),
            _killers(rows.get("killers", {})),
            _confined(parts.get("confined", {})),
            _section(
                "Canaries",
                [
                    f"{run['name']}: exit {run['exit_code']}, {run['passed']} passed, {run['seconds']} s"
                    for run in runs
                ],
            ),
        ]
    )


def _killers(killers: Mapping[str, Iterable[str]]) -> Html:
    """A line per row, with all violations that turned it red."""
    if not killers:
        return Html("")
    lines = [line(row, ", ".join(ids)) for row, ids in killers.items()]
    return element(
        "section",
        element("h2", "Tested requirements and what turned them red"),
        wide(table(("requirement", "turned red by"), lines, id="killers"), "What turned them red"),
    )


def _confined(part: Mapping[str, Any]) -> Html:
    """A line for each overall rate, and for each value of each dimension that was drawn."""
    rates = {"whole": {said: part[name] for name, said in _RATES.items() if name in part}}
    shown = [
        (dimension, value, rate)
        for dimension, values in (rates | part.get("dimensions", {})).items()
        for value, rate in values.items()
        if rate["shown"]
    ]
    if not shown:
        return Html("")
    names = ("dimension", "value or what counts", "shown", "caught", "partly", "rate", "interval (95 %)")
    lines = [
        line(
            dimension,
            value,
            *(str(rate[name]) for name in ("shown", "caught", "partly")),
            f"{rate['rate']:.1%}",
            f"{rate['low']:.1%} to {rate['high']:.1%}",
        )
        for dimension, value, rate in shown
    ]
    return element(
        "section",
        element("h2", "Violations confined to situations"),
        wide(table(names, lines, id="confined"), "Rates"),
    )


def _section(title: str, lines: Iterable[str]) -> Html:
    shown = [element("li", line) for line in lines]
    return element("section", element("h2", title), element("ul", shown)) if shown else Html("")
