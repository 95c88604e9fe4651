"""An order to arm a fault: the row, its parameters, and when it is to fire. Checked by `catalogue.order`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigmic_conformance.mock_server.faults.fault import Fault
from sigmic_conformance.mock_server.faults.trigger import Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody asked for."""

    fault: Fault
    params: Mapping[str, Any]
    trigger: Trigger
