"""Checks of a machine, from facts that were gathered elsewhere. Pure.

Rule: every problem ends with a command to type. What only weakens the mock is a remark, not a problem.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

LEAST_PYTHON = (3, 11)
LEAST_BYTES = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. `cure` is empty when nothing is to be done; `is_problem`: it must be."""

    name: str
    told: str
    cure: str = ""
    is_problem: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {"check": self.name, "ok": not self.is_problem, "message": self.told, "cure": self.cure}

    def as_line(self) -> str:
        """Return it for people."""
        mark = "PROBLEM" if self.is_problem else "remark" if self.cure else "ok"
        told = self.told.replace("\n", f"\n{'':22}")
        return f"{mark:8} {self.name:12} {told}" + (f"\n{'':21} -> {self.cure}" if self.cure else "")


def python(version: Sequence[int]) -> Finding:
    """Judge the interpreter."""
    said = ".".join(str(part) for part in version[:3])
    if tuple(version[:2]) >= LEAST_PYTHON:
        return Finding(name="python", told=said)
    cure = "apt-get install python3.11 python3.11-venv"
    return Finding(name="python", told=f"{said}; 3.11 is needed", cure=cure, is_problem=True)


def sandbox(name: str, failure: str, properties: Mapping[str, str], *, is_last: bool) -> Finding:
    """Judge a backend by what its probes said; without the last one nothing can be run."""
    if not failure:
        held = ", ".join(f"{each}: {state}" for each, state in properties.items())
        return Finding(name=f"sandbox {name}", told=held)
    told, _, advice = failure.partition(" (cure: ")
    command = advice.partition("`")[2].partition("`")[0]
    cure = command or "sigmic-mock --sandbox process"
    return Finding(name=f"sandbox {name}", told=told, cure=cure, is_problem=is_last)


def port(number: int, failure: str, *, is_ours: bool) -> Finding:
    """Judge the port; one that is taken by a mock of this data folder is well."""
    if not failure:
        return Finding(name="port", told=f"{number} is free")
    if is_ours:
        return Finding(name="port", told=f"{number} is used by the running mock")
    return Finding(name="port", told=f"{number}: {failure}", cure="sigmic-mock --port 0", is_problem=True)


def folder(path: str, failure: str, holder: int | None, url: str = "") -> Finding:
    """Judge the data folder; `holder` is the process that has locked it, `url` its server if that is well."""
    if failure:
        cure = 'sigmic-mock --data-dir "$(mktemp -d)"'
        return Finding(name="data", told=f"{path}: {failure}", cure=cure, is_problem=True)
    if url:
        return Finding(name="data", told=f"{path} is used by the running mock at {url}")
    if holder is not None:
        who = f"process {holder}" if holder else "a process that did not say which"
        cure = f"kill {holder}" if holder else "sigmic-mock --ephemeral"
        return Finding(name="data", told=f"{path} is in use by {who}", cure=cure)
    return Finding(name="data", told=f"{path} can be written")


def server(url: str, failure: str) -> Finding:
    """Judge a server that left a ready file; `url` is empty when none did."""
    if not url:
        return Finding(name="server", told="none is running")
    if not failure:
        return Finding(name="server", told=f"{url} answers")
    return Finding(name="server", told=f"{url}: {failure}", cure="sigmic-mock", is_problem=True)


def playbooks(path: str, problems: Sequence[str]) -> Finding:
    """Judge the playbooks."""
    where = path or "the bundled ones"
    if not problems:
        return Finding(name="playbooks", told=f"{where} are valid")
    cure = f"sigmic-mock playbooks validate {path}".strip()
    return Finding(name="playbooks", told="\n".join(problems), cure=cure, is_problem=True)


def disk(path: str, free: int) -> Finding:
    """Judge the space for workspaces and the database."""
    told = f"{free / (1 << 30):.1f} GiB free at {path}"
    if free >= LEAST_BYTES:
        return Finding(name="disk", told=told)
    return Finding(name="disk", told=f"{told}; 1 GiB is needed", cure=f"df -h {path}", is_problem=True)
