"""/faults/dry-run: record where the faults of a class would fire for a project's callers. No fault fires."""

from typing import TYPE_CHECKING, Any

from sigmic_conformance.mock_server.control.faults import with_catalogue
from sigmic_conformance.mock_server.control.router import ControlCall, Handlers, by_name

if TYPE_CHECKING:
    from sigmic_conformance.mock_server.faults.engine import Faults


def handlers(faults: "Faults | None") -> Handlers:
    """Return the handlers of dry runs; without any faults they refuse."""

    async def begin_dry_run(call: ControlCall) -> Any:
        engine = await with_catalogue(faults)
        from sigmic_conformance.mock_server.faults.catalogue import load_catalogue, specify  # noqa: PLC0415 - only where faults are on
        from sigmic_conformance.mock_server.faults.fault import current_class  # noqa: PLC0415 - as above

        every = load_catalogue().values()
        wanted = current_class(call.body["class"])
        specs = [specify(fault.id, {}) for fault in every if fault.kind.value == wanted]
        engine.begin_dry_run(specs, call.project_id)
        return {"project": call.project_id, "faults": len(specs)}

    async def begin_rehearsal(call: ControlCall) -> Any:
        answer = await begin_dry_run(call)
        return {"project": answer["project"], "rehearsed": answer["faults"]}

    async def end_dry_run(call: ControlCall) -> Any:
        recorded = (await with_catalogue(faults)).end_dry_run(call.project_id)
        met = () if recorded is None else recorded.occasions()
        return {
            "project": call.project_id,
            "occasions": [
                {"fault": fault, "situation": situation, "count": count} for fault, situation, count in met
            ],
        }

    return by_name(begin_dry_run, end_dry_run, begin_rehearsal) | {"end_rehearsal": end_dry_run}
