"""Examine a backend by using it: one full sandbox attacks what it must not reach.

The attack is a shell script that prints what it could do. `judge` derives the properties. Invariant: a
property is `enforced` only if it was attacked, the attack failed, and the failure was seen from outside too.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sigmic_mock.ports import Execution, Limits, SandboxUnavailable
from sigmic_mock.sandbox.backend import ZygoteBackend, let_pass
from sigmic_mock.sandbox.recipe import Recipe

PROPERTIES = ("filesystem", "process", "network", "environment", "limits", "kill_tree")
NAMESPACES = ("pid", "net", "user", "mnt", "ipc", "uts")
BASE_VARIABLES = frozenset({"PATH", "HOME", "LANG", "TERM", "PWD", "OLDPWD", "SHLVL", "_"})
DEADLINE = 10.0
_FEW = 15
"""Processes that the attack itself may have."""

ATTACK = r"""
for ns in pid net user mnt ipc uts; do echo "ns_$ns=$(readlink /proc/self/ns/$ns 2>/dev/null)"; done
while read -r key value rest; do
  case $key in
    NoNewPrivs:|Seccomp:|CapEff:) echo "${key%:}=$value" ;;
  esac
done 2>/dev/null </proc/self/status
set -- /proc/[0-9]*; echo "processes=$#"
echo "interfaces=$(while read -r name rest; do case $name in *:*) printf '%s ' "${name%%:*}";; esac; done \
  2>/dev/null </proc/self/net/dev)"
echo "core=$(ulimit -c)"
if (read -r line <"$CANARY") 2>/dev/null; then echo read_outside=yes; else echo read_outside=no; fi
if (: >"$CANARY.new") 2>/dev/null; then echo write_outside=yes; else echo write_outside=no; fi
if (: >/usr/.sandbox-probe) 2>/dev/null; then echo write_system=yes; rm -f /usr/.sandbox-probe
else echo write_system=no; fi
if (: >inside && rm inside) 2>/dev/null; then echo write_inside=yes; else echo write_inside=no; fi
(setsid sh -c 'echo up; exec sleep 600' >alive 2>/dev/null </dev/null &)
echo variables=$(env | while IFS= read -r line; do printf '%s ' "${line%%=*}"; done)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the attack printed, and what was seen from outside."""

    said: Mapping[str, str]
    namespaces: Mapping[str, str]
    """The platform's own namespaces, for comparison."""
    written_outside: bool
    daemon_started: bool
    daemon_survived: bool


async def examine(backend: ZygoteBackend, runtime_dir: Path) -> dict[str, str]:
    """Return property → `enforced`, `partial: why` or `none`. Raises SandboxUnavailable on too little."""
    try:
        facts = await _attack(backend, runtime_dir)
    except SandboxUnavailable as error:
        raise SandboxUnavailable(f"{error} ({cure(str(error))})") from None
    except OSError as error:
        raise SandboxUnavailable(f"the probe could not be made: {error}") from error
    properties = judge(facts, backend.recipe)
    if backend.recipe.level == "confined":
        broken = [name for name in PROPERTIES if properties[name].startswith(("none", "failed"))]
    else:
        broken = [name for name in ("environment",) if properties[name] != "enforced"]
    if broken:
        described = ", ".join(f"{name} ({properties[name]})" for name in broken)
        raise SandboxUnavailable(f"the self-attack got through: {described}")
    return properties


def judge(facts: Facts, recipe: Recipe) -> dict[str, str]:
    """Derive every property from the facts. A property that the recipe lists as unmet is never `enforced`."""
    said = facts.said
    own = {ns for ns in NAMESPACES if said.get(f"ns_{ns}") not in {"", None, facts.namespaces.get(ns)}}
    locked_down = (said.get("NoNewPrivs"), said.get("Seccomp"), said.get("CapEff", "").strip("0")) == (
        "1",
        "2",
        "",
    )
    extra = set(said.get("variables", "?").split()) - BASE_VARIABLES - {"CANARY"}
    outside_reached = facts.written_outside or "yes" in {
        said.get(attack, "yes") for attack in ("read_outside", "write_outside", "write_system")
    }
    met = {
        "filesystem": "mnt" in own and not outside_reached and said.get("write_inside") == "yes",
        "process": {"pid", "user", "ipc"} <= own
        and locked_down
        and int(said.get("processes", "999")) <= _FEW,
        "network": "net" in own and set(said.get("interfaces", "?").split()) <= {"lo"},
        "environment": not extra,
        "limits": said.get("core") == "0",
        "kill_tree": facts.daemon_started and not facts.daemon_survived,
    }
    return {name: _verdict(met[name], recipe.unmet.get(name)) for name in PROPERTIES}


def _verdict(met: bool, unmet: str | None) -> str:  # noqa: FBT001 - the fact itself
    if unmet == "none":
        return unmet
    if not met:
        return "failed"
    return unmet or "enforced"


def cure(failure: str) -> str:
    """Return the remedy for a failed step, chosen by our name of the step, not by the kernel's message."""
    for step, advice in _CURES.items():
        if step in failure:
            return advice
    return "cure: choose another with --sandbox; `process` always works and confines nothing"


_USER_NAMESPACES = (
    "cure: allow unprivileged user namespaces: `sysctl -w kernel.unprivileged_userns_clone=1` (Debian), "
    "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu), "
    "`docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined` (Docker)"
)
_CURES = {
    "unshare": _USER_NAMESPACES,
    "user id map": _USER_NAMESPACES,
    "mount proc": (
        "cure: unmask /proc: `docker run --security-opt systempaths=unconfined`, or procMount: Unmasked"
    ),
    "mount": _USER_NAMESPACES,
    "clone": _USER_NAMESPACES,
    "seccomp": "cure: use a kernel built with CONFIG_SECCOMP_FILTER",
}


async def _attack(backend: ZygoteBackend, runtime_dir: Path) -> Facts:
    folder = runtime_dir / f".probe-{secrets.token_hex(8)}"
    workspace = folder / "workspace"
    canary = folder / "canary"
    workspace.mkdir(parents=True, mode=0o700)
    try:
        canary.write_text("outside\n")
        canary.chmod(0o644)
        if backend.recipe.owner is not None:
            let_pass(folder)
        os.mkfifo(workspace / "alive", 0o600)
        backend.own(workspace)
        backend.own(workspace / "alive")
        fifo = os.open(workspace / "alive", os.O_RDONLY | os.O_NONBLOCK)
        try:
            return await _attack_from(backend, workspace, canary, fifo)
        finally:
            os.close(fifo)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _attack_from(backend: ZygoteBackend, workspace: Path, canary: Path, fifo: int) -> Facts:
    sandbox = await backend.create("probe", workspace)
    try:
        outcome = await sandbox.run(
            ["sh", "-c", ATTACK], env={"CANARY": str(canary)}, limits=Limits(wall_seconds=DEADLINE)
        )
        started = await _hears(fifo)
    finally:
        await sandbox.close()
    return Facts(
        said=_read(outcome),
        namespaces={ns: _namespace(ns) for ns in NAMESPACES},
        written_outside=canary.with_name("canary.new").exists(),
        daemon_started=started,
        daemon_survived=_has_writer(fifo),
    )


def _read(outcome: Execution) -> dict[str, str]:
    if outcome.exit_code != 0:
        words = outcome.stderr.decode(errors="replace").strip() or f"exit code {outcome.exit_code}"
        raise SandboxUnavailable(f"sh does not work inside: {words}")
    lines = outcome.stdout.decode(errors="replace").splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def _namespace(name: str) -> str:
    try:
        return os.readlink(f"/proc/self/ns/{name}")  # noqa: PTH115 - the text; there is no such file
    except OSError:
        return ""


async def _hears(fifo: int) -> bool:
    """Return whether the daemon has written within the deadline."""
    loop = asyncio.get_running_loop()
    heard = asyncio.Event()
    loop.add_reader(fifo, heard.set)
    try:
        await asyncio.wait_for(heard.wait(), DEADLINE)
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(fifo)
    return os.read(fifo, 16) != b""


def _has_writer(fifo: int) -> bool:
    """Return whether any process still holds the daemon's end."""
    try:
        return os.read(fifo, 16) != b""
    except BlockingIOError:
        return True
