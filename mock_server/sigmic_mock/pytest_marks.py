"""The marks of a test, read into settings of its project. Loaded in every pytest run, so it is light."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

MARKS = {
    "sigmic_clock": "sigmic_clock(mode): how the project's time moves: real, scaled:N, manual, autojump",
    "sigmic_fault": "sigmic_fault(id, **values): arm a fault; the test fails when it never fires",
    "sigmic_playbook": "sigmic_playbook(source): a playbook: mapping, YAML text, or file next to the test",
    "sigmic_seed": "sigmic_seed(number): draw the project's ids and chances from a number",
    "sigmic_transient": "sigmic_transient(*classes, match=globs, exclude=globs, longest=seconds): run the"
    " test once per fault of these classes (default: transient), armed as in the gauntlet; skip one that"
    " never fires in the test",
}
TRANSIENT = "sigmic_transient"
"""The mark that runs a test once per fault."""
_OF_A_PROJECT = tuple(name for name in MARKS if name != TRANSIENT)


class MarkRefused(ValueError):
    """A mark asks for something that does not exist; the message is one line."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """The settings that a test requests for its project."""

    clock: str | None
    seed: int | None
    faults: tuple[tuple[str, Mapping[str, Any]], ...]
    playbooks: tuple[Any, ...]


def read_marks(marks: Iterable[pytest.Mark], beside: Path) -> Wishes:
    """Read the marks of a test, nearest first; files are relative to `beside`. Raises `MarkRefused`."""
    from sigmic_spec.nearest import hint

    given = list(marks)
    for mark in given:
        near = hint(mark.name, MARKS, cutoff=0.85)
        if mark.name not in MARKS and near:
            raise MarkRefused(f"there is no mark {mark.name}{near}")
    found = [mark for mark in given if mark.name in _OF_A_PROJECT]
    for mark in found:
        if len(mark.args) != 1 or (mark.kwargs and mark.name != "sigmic_fault"):
            raise MarkRefused(f"write {MARKS[mark.name].partition(':')[0]}")
    by_name = {name: [mark for mark in found if mark.name == name] for name in _OF_A_PROJECT}
    # Of single values the nearest to the test counts; of the others all do, outermost first.
    return Wishes(
        clock=next((str(mark.args[0]) for mark in by_name["sigmic_clock"]), None),
        seed=next((mark.args[0] for mark in by_name["sigmic_seed"]), None),
        faults=tuple((str(mark.args[0]), mark.kwargs) for mark in reversed(by_name["sigmic_fault"])),
        playbooks=tuple(_beside(mark.args[0], beside) for mark in reversed(by_name["sigmic_playbook"])),
    )


def _beside(source: Any, folder: Path) -> Any:
    return folder / source if isinstance(source, str | Path) and "\n" not in str(source) else source


_OPTIONS: Mapping[str, type | tuple[type, ...]] = {"match": str, "exclude": str, "longest": (int, float)}
"""The other arguments of the mark, with the type of each."""


def transient(marks: Iterable[pytest.Mark]) -> dict[str, Mapping[str, Any]]:
    """Return the faults that marks `sigmic_transient` choose, with the values for arming each.

    Raises `MarkRefused`.
    """
    from sigmic_mock.faults.catalogue import BadFaultSpec, load_catalogue
    from sigmic_mock.faults.fault import FaultClass
    from sigmic_mock.gauntlet.plan import chosen, values

    planned: dict[str, Mapping[str, Any]] = {}
    for mark in marks:
        _check_options(mark)
        classes = list(mark.args) or [FaultClass.TRANSIENT.value]
        match, exclude = mark.kwargs.get("match"), mark.kwargs.get("exclude")
        try:
            faults = chosen(load_catalogue().values(), classes, match, exclude)
        except BadFaultSpec as problem:
            raise MarkRefused(f"{mark.name}: {problem}") from None
        planned |= {fault.id: values(fault, mark.kwargs.get("longest")) for fault in faults}
    return planned


def _check_options(mark: pytest.Mark) -> None:
    for name, value in mark.kwargs.items():
        if name not in _OPTIONS:
            raise MarkRefused(f"{mark.name} has no option {name!r}; known: {', '.join(_OPTIONS)}")
        if isinstance(value, bool) or not isinstance(value, _OPTIONS[name]):
            kind = "text" if _OPTIONS[name] is str else "a number of seconds"
            raise MarkRefused(f"{mark.name}: {name} must be {kind}, not {value!r}")
    if mark.kwargs.get("longest", 1) <= 0:
        raise MarkRefused(f"{mark.name}: longest must be above 0, not {mark.kwargs['longest']!r}")
