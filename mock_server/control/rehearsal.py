"""/faults/rehearsal: where the faults of a class could act on what a project's callers do; none acts."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sigmic_conformance.mock_server.control.faults import with_catalogue
from sigmic_conformance.mock_server.control.router import ControlCall, ControlRoute, one_of

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.faults.engine import Faults


def routes(faults: "Faults | None") -> Iterable[ControlRoute]:
    """Return the routes about rehearsals; without any faults they refuse."""

    async def begin(call: ControlCall) -> Any:
        engine = await with_catalogue(faults)
        from sigmic_conformance.mock_server.faults.catalogue import load_catalogue, specify  # noqa: PLC0415 - only where faults are on

        every = load_catalogue().values()
        wanted = one_of("class", call.text("class"), sorted({fault.kind.value for fault in every}))
        specs = [specify(fault.id, {}) for fault in every if fault.kind.value == wanted]
        engine.begin_rehearsal(specs, call.project_id)
        return {"project": call.project_id, "rehearsed": len(specs)}

    async def end(call: ControlCall) -> Any:
        rehearsal = (await with_catalogue(faults)).end_rehearsal(call.project_id)
        met = () if rehearsal is None else rehearsal.occasions()
        return {
            "project": call.project_id,
            "occasions": [
                {"fault": fault, "situation": situation, "count": count} for fault, situation, count in met
            ],
        }

    return (
        ControlRoute("POST", "/faults/rehearsal", begin, ("class",)),
        ControlRoute("DELETE", "/faults/rehearsal", end),
    )
