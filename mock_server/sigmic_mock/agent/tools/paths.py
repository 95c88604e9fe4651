"""Turns a path that a user or the agent wrote into a path of the workspace.

`uploads/a.csv`, `/workspace/uploads/a.csv` and `/uploads/a.csv` are the same file (U-08, X-16). A path
outside is refused here with a message; the sandbox makes sure that it cannot be reached.
"""

import posixpath

WORKSPACE = "/workspace"
ROOTED_FOLDERS = ("/uploads", "/downloads")
MOST_BYTES = 4_096
MOST_BYTES_OF_A_NAME = 255


class PathRefused(Exception):
    """The path is not one of the workspace; the message says why."""


def workspace_path(written: str, root: str = WORKSPACE) -> str:
    """Return `written` relative to the workspace: normalised, `.` for the workspace itself."""
    _refuse_unusable(written)
    path = posixpath.normpath(written.strip() or ".")
    for base in (root.rstrip("/") or WORKSPACE, WORKSPACE):
        if path == base or path.startswith(f"{base}/"):
            path = posixpath.normpath(path[len(base) :].lstrip("/") or ".")
            break
    else:
        path = _from_rooted_folder(path)
    if path.startswith(("/", "../")) or path == "..":
        raise PathRefused(f"{written} is outside the workspace")
    return path


def _from_rooted_folder(path: str) -> str:
    for folder in ROOTED_FOLDERS:
        if path == folder or path.startswith(f"{folder}/"):
            return path.removeprefix("/")
    return path


def _refuse_unusable(written: str) -> None:
    try:
        encoded = written.encode()
    except UnicodeEncodeError:
        raise PathRefused("the path is not valid Unicode") from None
    if b"\0" in encoded:
        raise PathRefused("the path holds a NUL character")
    names = encoded.split(b"/")
    if len(encoded) > MOST_BYTES or max(map(len, names)) > MOST_BYTES_OF_A_NAME:
        raise PathRefused("the path is too long")
