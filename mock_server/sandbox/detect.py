"""Chooses the sandbox backend at start-up, by doing: every candidate makes a sandbox and attacks it.

Rule: a backend asked for by name is that one or an error; only `auto` looks further, strongest first. What a
backend enforces is what its probe saw, never what this module believes about a machine.
"""

from collections.abc import Callable
from pathlib import Path

from sigmic_conformance.mock_server.ports import SandboxUnavailable
from sigmic_conformance.mock_server.sandbox import namespace_recipe, probe
from sigmic_conformance.mock_server.sandbox.backend import ZygoteBackend
from sigmic_conformance.mock_server.sandbox.recipe import Recipe, process_recipe

CANDIDATES: dict[str, Callable[[Path, Path | None], Recipe]] = {
    "ns": namespace_recipe.recipe,
    "process": lambda _workspaces, _tools: process_recipe(),
}
"""Strongest first."""


async def open_backend(
    name: str, *, runtime_dir: Path, spares: int = 0, tools: Path | None = None
) -> ZygoteBackend:
    """Return the backend `name` (`auto`, or a key of CANDIDATES), started and probed.

    `runtime_dir` is the directory that holds every workspace, at any depth; it is made when missing. A
    sandbox sees nothing of it but its own workspace. `tools` is a folder of programs that it may run.
    So many `spares` are kept ready, from the first sandbox on that is asked for after this returns. Raises
    SandboxUnavailable with the failing probe and the cure, ValueError for an unknown name.
    """
    if name != "auto" and name not in CANDIDATES:
        raise ValueError(f"no sandbox backend is called {name!r}; there are auto, {', '.join(CANDIDATES)}")
    runtime_dir = _made(runtime_dir)
    reasons = []
    for candidate, recipe in CANDIDATES.items():
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
