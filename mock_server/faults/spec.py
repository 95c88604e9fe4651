"""A fault as somebody asks for it: its row, its parameters, when it is to fire. See `catalogue.specify`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.mock_server.faults.fault import Fault
from sigmic_conformance.mock_server.faults.trigger import Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultSpec:
    """A fault that can be armed."""

    fault: Fault
    params: Mapping[str, Any]
    trigger: Trigger
