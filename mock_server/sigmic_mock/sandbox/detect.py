"""Choose the sandbox backend at start-up by testing: every candidate creates a sandbox and attacks it.

Invariant: a backend that was requested by name is used, or the start fails. Only `auto` tries the others, the
strongest first. Only what its probe has seen counts as enforced by a backend.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from sigmic_mock.ports import SandboxUnavailable
from sigmic_mock.sandbox import namespace_recipe, probe
from sigmic_mock.sandbox.backend import ZygoteBackend
from sigmic_mock.sandbox.recipe import Recipe, process_recipe

Candidates = Mapping[str, Callable[[Path, Path | None], Recipe]]
CANDIDATES: Candidates = {
    "ns": namespace_recipe.recipe,
    "process": lambda _workspaces, _tools: process_recipe(),
}
"""The strongest backend first."""


async def open_backend(
    name: str,
    *,
    runtime_dir: Path,
    spares: int = 0,
    tools: Path | None = None,
    candidates: Candidates = CANDIDATES,
) -> ZygoteBackend:
    """Return the backend `name` (`auto`, or a key of `candidates`), started and probed.

    `runtime_dir` is the directory that holds every workspace, at any depth. It is created if missing, and a
    sandbox sees only its own workspace in it. `tools` is a directory of programs that it may run. From the
    first sandbox that is requested after this returns, `spares` sandboxes are kept ready.
    Raises SandboxUnavailable with the failed probe and the remedy, ValueError for an unknown name.
    """
    if name != "auto" and name not in candidates:
        raise ValueError(f"no sandbox backend is called {name!r}; there are auto, {', '.join(candidates)}")
    runtime_dir = _made(runtime_dir)
    reasons = []
    for candidate, recipe in candidates.items():
        if name in {"auto", candidate}:
            try:
                backend = await _open(recipe(runtime_dir, tools), runtime_dir)
            except SandboxUnavailable as error:
                reasons.append(f"{candidate}: {error}")
            else:
                backend.keep_spares(spares)
                return backend
    raise SandboxUnavailable("; ".join(reasons))


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder.resolve()


async def _open(recipe: Recipe, runtime_dir: Path) -> ZygoteBackend:
    backend = ZygoteBackend(recipe)
    try:
        backend.certify(await probe.examine(backend, runtime_dir))
    except BaseException:
        await backend.close()
        raise
    return backend
