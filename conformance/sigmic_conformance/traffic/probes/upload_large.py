"""Requests that are large in other ways than one large file: an archive beyond the limit, many files."""

from sigmic_conformance.traffic.driver import Driver
from sigmic_conformance.traffic.endings import Interrupted
from sigmic_conformance.traffic.probe import Concurrency, probe
from sigmic_conformance.traffic.probes.upload import patient
from sigmic_conformance.traffic.prompts import EASY, nonce
from sigmic_conformance.traffic.steps import create_form
from sigmic_conformance.wire.archives import LargeArchive
from sigmic_conformance.wire.bodies import FilePart
from sigmic_spec.plural import plural

SHARE = 6
"""Each of many files has this fraction of the size that must be accepted: in total they far exceed it."""


@probe(seconds=6, concurrency=Concurrency.BULK, capabilities=["files"])
async def large_requests(driver: Driver) -> None:
    """An archive one byte above the limit of one file next to a small one, and the most files together."""
    profile = driver.profile
    beyond, each = profile.max_file_bytes + 1, profile.accepted_file_bytes // SHARE
    if beyond + each * profile.max_files > profile.upload_bytes // 2:
        raise Interrupted(
            f"the budget allows {plural(profile.upload_bytes, 'byte')} of uploads (budget: upload_bytes)"
        )
    mark = driver.note("mark", f"marked {nonce()}")
    bounds = patient(profile)
    for label, size in {"small archive": 100_000, "archive beyond": beyond}.items():
        part = LargeArchive("bundle.zip", size=size, media_type="application/zip")
        fields = {"message": EASY, "systemPrompt": f"{mark} {label}"}
        await create_form(driver, fields, [part], label=label, bounds=bounds)
    await driver.call("list_tasks", label="list", query={"limit": "100"})
    many = [FilePart(f"part-{number:02d}.bin", size=each) for number in range(profile.max_files)]
    await create_form(driver, {"message": EASY}, many, label="many files", bounds=bounds)
