"""The verdicts for other programs: `verdicts.csv` for spreadsheets, `junit.xml` for pipelines. Pure."""

import csv
import io
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

COLUMNS = (
    "id",
    "verdict",
    "value",
    "unit",
    "measure",
    "statistic",
    "at_most",
    "at_least",
    "samples",
    "why",
    "user",
)


def verdicts_csv(report: Mapping[str, Any]) -> str:
    """Return a row per objective and one for the run, with a column per label."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    labels = report["labels"]
    writer.writerow([*COLUMNS, *labels])
    run = {"id": "run", "verdict": report["verdict"], "why": "; ".join(report["reasons"])}
    for row in (*report["objectives"], dict.fromkeys(COLUMNS) | run):
        cells = ("" if row[name] is None else row[name] for name in COLUMNS)
        writer.writerow([*cells, *labels.values()])
    return text.getvalue()


def junit(report: Mapping[str, Any]) -> str:
    """Return a test case per objective and one for the run: broken is a failure, unproven an error."""
    cases = [
        _case(row["id"], row["verdict"], f"{row['measure']} {row['statistic']}: {row['value']}")
        for row in report["objectives"]
    ]
    cases.append(_case("run", report["verdict"], "\n".join(report["reasons"])))
    told = {
        name: str(sum(case.find(kind) is not None for case in cases))
        for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    }
    properties = ET.Element("properties")
    for name, value in report["labels"].items():
        ET.SubElement(properties, "property", name=name, value=value)
    about = {"name": "load", "timestamp": report["began"], "time": str(report["seconds"])}
    suite = ET.Element("testsuite", about | {"tests": str(len(cases))} | told)
    if len(properties):
        suite.append(properties)
    suite.extend(cases)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(name: str, verdict: str, says: str) -> ET.Element:
    case = ET.Element("testcase", classname="load", name=name)
    kinds = {"broken": "failure", "unproven": "error", "incomplete": "error", "not asked": "skipped"}
    if verdict in kinds:
        ET.SubElement(case, kinds[verdict], message=verdict).text = says
    return case
