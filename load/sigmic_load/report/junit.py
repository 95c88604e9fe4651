"""The verdicts for pipelines: `junit.xml`. Pure."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

_KINDS = {"broken": "failure", "unproven": "error", "incomplete": "error", "not asked": "skipped"}


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
    about = {"name": "load", "timestamp": report["began"], "time": str(report["seconds"])}
    suite = ET.Element("testsuite", about | {"tests": str(len(cases))} | told)
    if report["labels"]:
        properties = ET.SubElement(suite, "properties")
        for name, value in report["labels"].items():
            ET.SubElement(properties, "property", name=name, value=value)
    suite.extend(cases)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(name: str, verdict: str, says: str) -> ET.Element:
    case = ET.Element("testcase", classname="load", name=name)
    if verdict in _KINDS:
        ET.SubElement(case, _KINDS[verdict], message=verdict).text = says
    return case
