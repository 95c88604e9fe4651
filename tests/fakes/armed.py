"""Faults armed for a test of one misbehaving class."""

from sigmic_conformance.mock_server.faults.asker import Asker
from sigmic_conformance.mock_server.faults.catalogue import specify
from sigmic_conformance.mock_server.faults.engine import Faults
from tests.fakes.clock import SteppedClock


def faults_with(*ids: str) -> Faults:
    """Return an engine in which the faults `ids` are armed for everybody, as often as they may fire."""
    faults = Faults(SteppedClock())
    for fault in ids:
        faults.arm(specify(fault, {"times": 1000}))
    return faults


def asker(*ids: str, operation: str | None = None) -> Asker:
    """Return who asks about one operation, with the faults `ids` armed."""
    return Asker(faults_with(*ids), "project", operation=operation)
