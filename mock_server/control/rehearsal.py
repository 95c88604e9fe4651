"""/faults/dry-run: record where the faults of a class would fire for a project's callers. No fault fires."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sigmic_conformance.mock_server.control.faults import with_catalogue
from sigmic_conformance.mock_server.control.router import ControlCall, ControlRoute, one_of

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.faults.engine import Faults


def routes(faults: "Faults | None") -> Iterable[ControlRoute]:
    """Return the routes of dry runs; without any faults they refuse."""

    async def begin(call: ControlCall) -> Any:
        engine = await with_catalogue(faults)
        from sigmic_conformance.mock_server.faults.catalogue import load_catalogue, specify  # noqa: PLC0415 - only where faults are on
        from sigmic_conformance.mock_server.faults.fault import FaultClass, current_class  # noqa: PLC0415 - as above

        every = load_catalogue().values()
        wanted = one_of("class", current_class(call.text("class")), list(FaultClass))
        specs = [specify(fault.id, {}) for fault in every if fault.kind.value == wanted]
        engine.begin_dry_run(specs, call.project_id)
        return {"project": call.project_id, "faults": len(specs)}

    async def begin_formerly(call: ControlCall) -> Any:
        answer = await begin(call)
        return {"project": answer["project"], "rehearsed": answer["faults"]}

    async def end(call: ControlCall) -> Any:
        recorded = (await with_catalogue(faults)).end_dry_run(call.project_id)
        met = () if recorded is None else recorded.occasions()
        return {
            "project": call.project_id,
            "occasions": [
                {"fault": fault, "situation": situation, "count": count} for fault, situation, count in met
            ],
        }

    return (
        ControlRoute("POST", "/faults/dry-run", begin, ("class",)),
        ControlRoute("DELETE", "/faults/dry-run", end),
        # The former address, for one more release.
        ControlRoute("POST", "/faults/rehearsal", begin_formerly, ("class",)),
        ControlRoute("DELETE", "/faults/rehearsal", end),
    )
