"""SESSION: the files of a workspace are there when its session was restored."""

import posixpath

from sigmic_conformance.conformance.judging.evidence import summary
from sigmic_conformance.conformance.model.files_seen import (
    download_of,
    listing_of,
    made,
    may_be_own,
    may_touch,
    restored_at,
    touched,
    written,
)
from sigmic_conformance.conformance.model.invariant import invariant
from sigmic_conformance.conformance.model.seen import Findings, Seen, says
from sigmic_conformance.conformance.model.task import Task
from sigmic_conformance.conformance.model.workspace import UPLOADS, Listing

FILES, DOWNLOAD = "list_artifacts", "download_artifact"


@invariant(
    "SESSION-004", FILES, reason="files-lost", expected="after a restore the workspace files are there"
)
def lists_survive_a_restore(seen: Seen) -> Findings:
    """What was listed before a restore is listed after it, when no call can have removed it.

    An upload is only removed by who was heard to name it; of other files nobody may have missed a turn.
    """
    listing, task, restored = listing_of(seen), seen.task, restored_at(seen)
    if listing is None or task is None or restored is None:
        return
    before = [each for each in task.listings if each.exchange.ended <= restored]
    for path in before[-1].files if before else ():
        if path in listing.files or _is_kept(task, path, before[-1], seen):
            shown = "it is listed" if path in listing.files else "it is not listed"
            yield says(path in listing.files, f"{path} was listed before the restore", shown)


def _is_kept(task: Task, path: str, listing: Listing, seen: Seen) -> bool:
    """Whether nothing that was heard can have removed a file since it was listed."""
    name = posixpath.basename(path)
    if path.startswith(UPLOADS):
        return not touched(task, name, seen.ended)
    makers = [call for call in task.calls.values() if name in call.words]
    since = listing.exchange.started if makers else 0
    heard = all(task.heard_whole(turn) for turn in task.turns if since <= turn.began <= seen.ended)
    later = (
        call for call in task.calls.values() if any(since <= each.at <= seen.ended for each in call.heard)
    )
    is_made = all(made(call) == name or written(call) == path for call in makers)
    rested = task.at_rest(listing.exchange.started, listing.exchange.ended) is not None
    if may_be_own(task, path):
        return False
    return rested and heard and is_made and not any(may_touch(call, name) for call in later)


@invariant(
    "SESSION-004", DOWNLOAD, reason="files-lost", expected="after a restore a file of before is delivered"
)
def uploads_are_delivered_after_a_restore(seen: Seen) -> Findings:
    """The owner is not told that a file is not there that was listed and delivered before a restore."""
    download, task, restored = download_of(seen), seen.task, restored_at(seen)
    if download is None or download.path is None or task is None or restored is None or not seen.is_own:
        return
    before = [each for each in task.listings if each.exchange.ended <= restored]
    delivered = any(
        each.path == download.path and each.exchange.ok and each.exchange.ended <= restored
        for each in task.downloads
    )
    listed = delivered and bool(before) and download.path in before[-1].files
    if listed and seen.was_told and _is_kept(task, download.path, before[-1], seen):
        known = f"{download.path} was delivered before the restore"
        gone = seen.exchange.status in {404, 410}
        yield says(not gone, known, summary(seen.exchange))
