"""Arm faults for a test of one effect."""

from sigmic_mock.faults.catalogue import specify
from sigmic_mock.faults.engine import Faults, Here
from sigmic_mock.faults.subject import Subject
from tests.fakes.clock import SteppedClock


def faults_with(*ids: str) -> Faults:
    """Return an engine in which the faults `ids` are armed for all callers, as often as they may fire."""
    faults = Faults(SteppedClock())
    for fault in ids:
        faults.arm(specify(fault, {"times": 1000}))
    return faults


def fault_here(point: str, *ids: str) -> Here:
    """Return the fault of one effect as its function receives it, with the faults `ids` armed."""
    return Here(faults_with(*ids), point, Subject(project="project"), print)
