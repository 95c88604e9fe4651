"""Files that are withheld, listed or opened although they must not be, or sent incorrectly.

Rule: nothing real leaves the data folder. The "disk" is a folder of decoys next to the workspaces.
"""

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from posixpath import normpath

from aiohttp import web
from multidict import CIMultiDict

from sigmic_mock.domain.errors import ApiError, ErrorCode
from sigmic_mock.domain.model import Principal
from sigmic_mock.faults.current_request import current_request
from sigmic_mock.faults.effect import effect
from sigmic_mock.faults.engine import Here
from sigmic_mock.faults.wire.answer_faults import AnswerFaults
from sigmic_mock.faults.wire.drafts import Draft
from sigmic_mock.http.downloads import FileSender, Span
from sigmic_mock.service.artifacts import Artifacts
from sigmic_mock.storage.file_work import in_thread
from sigmic_mock.storage.workspaces import OpenArtifact, Workspaces

DECOYS = {"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000::/home/agent:/bin/sh\n"}


@effect("files.outside", at=Artifacts.open)
async def opens_outside(
    here: Here, self: Artifacts, principal: Principal, id: str, path: str
) -> OpenArtifact:
    """Open a file outside the workspace: a decoy."""
    task = (await self._cache.visible(principal, id)).task
    try:
        return await here.step(principal, id, path)
    except ApiError:
        leaving = _leads_out(self._workspaces.path(id), path)
        if leaving is None:
            raise
        found = await in_thread(lambda _: decoy(self._workspaces.root.parent, leaving[1]))
        if not found.is_file() or not here.about(task).fires(leaving[0]):
            raise
        return await in_thread(lambda _: _open(found))


def copy_workspace(workspaces: Workspaces, source: str, target: str) -> None:
    """Copy the files of one workspace into another that exists. Blocks: call it in a thread."""
    shutil.copytree(workspaces.path(source), workspaces.path(target), symlinks=True, dirs_exist_ok=True)
    for folder, folders, files in os.walk(workspaces.path(target)):
        for name in (*folders, *files):
            workspaces.own(Path(folder, name))


def holds_files(folder: Path) -> bool:
    """Return whether there is any file in a folder, at any depth. Reads the disk, briefly."""
    return any(files for _, _, files in os.walk(folder))


def decoy(data_dir: Path, path: str) -> Path:
    """Return the decoy for `path` of the disk; the decoys are created at first use."""
    folder = data_dir / "decoy"
    for name, text in DECOYS.items():
        file = folder / name
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    return folder / normpath(f"/{path}").lstrip("/")


def _open(path: Path) -> OpenArtifact:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        raise ApiError(ErrorCode.NOT_FOUND) from None
    return OpenArtifact.of(fd, path.name)


def _leads_out(workspace: Path, path: str) -> tuple[str, str] | None:
    """Return how a path leaves its workspace (`climbing` or `link`) and its target on the disk, or None."""
    if path.startswith("/") or normpath(path).startswith(".."):
        return "climbing", _from_above(path)
    try:
        target = os.readlink(workspace / path)  # noqa: PTH115 - the text, not a resolved path
    except (OSError, ValueError):
        return None
    if target.startswith("/") or normpath(target).startswith(".."):
        return "link", _from_above(target)
    return None


def _from_above(path: str) -> str:
    parts = [part for part in normpath(path).split("/") if part not in {"", ".."}]
    return "/".join(parts)


# -- downloads ----------------------------------------------------------------------------------------------

Head = tuple[web.StreamResponse, Span | None]


@effect("download.any-range", at=FileSender.out_of_range)
def serves_beyond(here: Here, self: FileSender, artifact: OpenArtifact, common: Mapping[str, str]) -> Head:
    if here.fires():
        return self.described(artifact, common, Span(artifact.size, 0))
    return here.step(artifact, common)


@effect("answer", at=FileSender.transmit)
async def alters_file(
    here: Here, self: FileSender, artifact: OpenArtifact, answer: web.StreamResponse, span: Span | None
) -> web.StreamResponse:
    """Send the file as the faults have it; it is read whole, which only a test pays for."""
    ctx = current_request().ctx
    if span is None or ctx is None or ctx.method == "HEAD":
        return await here.step(artifact, answer, span)
    await asyncio.to_thread(artifact.file.seek, span.start)
    body = await asyncio.to_thread(artifact.file.read, span.length)
    path = self.request.query.get("path", "")
    draft = Draft(status=answer.status, headers=CIMultiDict(answer.headers), body=body, file=path)
    return await AnswerFaults(here.faults, ctx).altered(draft) or await here.step(artifact, answer, span)


@effect("head.length-of-nothing", at=FileSender.transmit)
async def announces_no_length(
    here: Here, self: FileSender, artifact: OpenArtifact, answer: web.StreamResponse, span: Span | None
) -> web.StreamResponse:
    if self.request.method == "HEAD" and here.fires():
        answer.headers["Content-Length"] = "0"
        span = None
    return await here.step(artifact, answer, span)
