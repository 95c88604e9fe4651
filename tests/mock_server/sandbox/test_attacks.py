"""What a hostile command in the `ns` backend tries, and the result: in a fresh sandbox, and in a spare.

Every attack ends without help, and its success is checked from outside if it would change something.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from sigmic_mock.ports import Execution, Limits
from sigmic_mock.sandbox.backend import ZygoteBackend
from sigmic_mock.sandbox.live import LiveSandbox
from tests.mock_server.sandbox.conftest import PooledBackend, opened, readable

SECRET = "planted-secret-7f3a"
NEIGHBOUR = "task-c41e"  # A name of its own: mountinfo can show the test's folder, which has the test's name.

PRELUDE = """
import ctypes, errno, os, signal, socket, sys, time
E = os.environ
def attempt(call, *arguments):
    try:
        result = call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "DONE" if result is None or not isinstance(result, (str, bytes, list)) else repr(result)[:60]
def read(path):
    with open(path, "rb") as file: return file.read(200)
def write(path):
    with open(path, "wb") as file: file.write(b"x")
libc = ctypes.CDLL(None, use_errno=True)
def syscall(*arguments):
    result = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0: raise OSError(ctypes.get_errno(), "")
def connect(family, kind, address):
    with socket.socket(family, kind) as sock:
        sock.settimeout(2); sock.connect(address)
"""


class World:
    """Targets of the attacks: the platform's files, another workspace, a victim process, open sockets."""

    def __init__(self, ns, sandbox, folder, victim, listeners) -> None:
        self.ns = ns
        self.sandbox: LiveSandbox = sandbox
        self.workspace = folder / "mine"
        self.other = folder / NEIGHBOUR
        self.database = folder.parent / "platform.db"
        self.victim = victim
        self.env = {
            "DATABASE": str(self.database),
            "OTHER": str(self.other),
            "MINE": str(self.workspace),
            "VICTIM": str(victim.pid),
            **listeners,
        }

    async def attack(self, code: str, **limits) -> str:
        """Run Python in the sandbox; return its output."""
        outcome = await self.run(code, **limits)
        assert outcome.exit_code == 0, outcome.stderr.decode()
        return outcome.stdout.decode().strip()

    async def run(self, code: str, **limits) -> Execution:
        program = PRELUDE + textwrap.dedent(code)
        return await self.sandbox.run(
            ["python3", "-I", "-c", program], env=self.env, limits=Limits(**{"wall_seconds": 30, **limits})
        )


@pytest.fixture(params=["fresh", "pooled"])
async def ns(request, folder: Path) -> AsyncIterator[ZygoteBackend | PooledBackend]:
    """A backend that creates sandboxes on request, then one whose sandboxes were spares."""
    async with opened("ns", folder) as backend:
        yield PooledBackend(backend) if request.param == "pooled" else backend


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the platform's own user, with a secret in its environment and its arguments."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)", SECRET], env={"KEY": SECRET}
    )
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def listeners(tmp_path) -> Iterator[dict[str, str]]:
    """Sockets that a process outside could connect to."""
    name = f"sigmic-test-{os.getpid()}-{tmp_path.name}"
    tcp = socket.create_server(("127.0.0.1", 0))
    abstract = socket.socket(socket.AF_UNIX)
    path = socket.socket(socket.AF_UNIX)
    short = os.path.relpath(tmp_path / "docker.sock")
    with tcp, abstract, path:
        abstract.bind(f"\0{name}")
        abstract.listen()
        path.bind(short)
        path.listen()
        yield {
            "PORT": str(tcp.getsockname()[1]),
            "ABSTRACT": name,
            "SOCKET": str(tmp_path / "docker.sock"),
        }


@pytest.fixture
async def world(ns, folder, workspace, victim, listeners):
    other = workspace(ns, NEIGHBOUR)
    (other / "private.txt").write_text(SECRET)
    ns.own(other / "private.txt")
    (folder.parent / "platform.db").write_text(SECRET)
    (folder.parent / "platform.db").chmod(0o666)
    sandbox = await ns.create("mine", workspace(ns, "mine"))
    neighbour = await ns.create(NEIGHBOUR, other)
    yield World(ns, sandbox, folder, victim, listeners)
    assert victim.poll() is None
    assert neighbour.alive
    assert (other / "private.txt").read_text() == SECRET
    assert (folder.parent / "platform.db").read_text() == SECRET


def exists(path: str) -> bool:
    """Check from outside."""
    return Path(path).exists()


ATTACKS = r"""
# it sees its own processes only -> python3 sigmic-sandbox
seen = (read(f"/proc/{pid}/cmdline").split(b"\0")[0] for pid in filter(str.isdigit, os.listdir("/proc")))
print(*sorted(name.decode() for name in seen))

# no process shows a secret of another ->
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "cmdline", "maps", "mountinfo"):
        if pid == str(os.getpid()) and name != "mountinfo": continue
        try: text = open(f"/proc/{pid}/{name}", "rb").read()
        except OSError: continue
        if b"PLANTED" in text or b"SIGMIC" in text: print(pid, name)

# a process outside does not exist -> 7 x ENOENT
for name in "environ mem maps cmdline".split(): print(attempt(read, f"/proc/{E['VICTIM']}/{name}"))
for name in "fd root cwd".split(): print(attempt(os.listdir, f"/proc/{E['VICTIM']}/{name}"))

# the first process shows nothing of itself -> 6 x EACCES|EPERM
for name in "environ mem maps".split(): print(attempt(read, f"/proc/1/{name}"))
for name in "fd root/etc cwd/x".split(): print(attempt(os.listdir, f"/proc/1/{name}"))

# neither tracing nor reading memory is possible -> 4 x EPERM
child = os.fork()
if child == 0: time.sleep(5); os._exit(0)
machine = os.uname().machine
ptrace, vm_readv = {"x86_64": (101, 310), "aarch64": (117, 270)}[machine]
for pid in (child, 1): print(attempt(syscall, ptrace, 0x4206, pid, 0, 0))
for pid in (child, 1): print(attempt(syscall, vm_readv, pid, 0, 0, 0, 0, 0))
os.kill(child, 9); os.wait()

# clone3 is said not to exist -> ENOSYS
print(attempt(syscall, 435, 0, 0))

# no metadata of the platform's files can be changed, no name made -> ENOENT ENOENT ENOENT ENOENT ENOENT EXDEV
for call, arguments in ((os.chmod, (0o777,)), (os.utime, ()), (os.truncate, (0,)), (os.unlink, ())):
    print(attempt(call, E["DATABASE"], *arguments))
for target in (E["DATABASE"], "/etc/passwd"): print(attempt(os.link, target, "/workspace/hard"))

# the system is read-only even to its owner -> EROFS|EPERM EROFS|EPERM
print(attempt(os.utime, '/usr/bin/env'), attempt(os.chmod, '/usr/bin/env', 0o777))

# devices are a harmless handful -> fd full null ptmx pts random shm stderr stdin stdout tty urandom zero
print(*sorted(os.listdir('/dev')))

# no device can be made -> EPERM
print(attempt(os.mknod, '/workspace/sda', 0o60600, os.makedev(8, 0)))

# unix sockets outside cannot be reached by name or path -> ECONNREFUSED ENOENT
print(attempt(connect, socket.AF_UNIX, socket.SOCK_STREAM, "\0" + E["ABSTRACT"]))
print(attempt(connect, socket.AF_UNIX, socket.SOCK_STREAM, E["SOCKET"][-100:]))

# sockets of odd families are not made -> 6 x EACCES
for family in (17, 38, 40, 44, 4, 29): print(attempt(socket.socket, family, socket.SOCK_DGRAM))

# unix sockets inside work -> DONE b'x'
server = socket.socket(socket.AF_UNIX); server.bind("/tmp/s"); server.listen()
print(attempt(connect, socket.AF_UNIX, socket.SOCK_STREAM, "/tmp/s"))
a, b = socket.socketpair(); a.send(b"x"); print(b.recv(1))

# one file cannot grow beyond its limit -> EFBIG EFBIG 8388608
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
print(attempt(os.truncate, os.open("/workspace/big", os.O_CREAT | os.O_WRONLY), 10 << 30))
def fill():
    with open("/workspace/big", "wb") as file:
        for _ in range(64): file.write(bytes(1 << 20))
print(attempt(fill), os.path.getsize("/workspace/big"))

# the private file systems are small -> EFBIG 64 ENOSPC 16 ENOSPC
def fill(path):
    with open(path, "wb", buffering=0) as file:
        for _ in range(100): file.write(bytes(1 << 20))
def many():
    for number in range(9000): open(f"/tmp/{number}", "w").close()
for path in ("/tmp/x", "/dev/shm/x"):
    print(attempt(fill, path), os.path.getsize(path) >> 20); os.unlink(path)
print(attempt(many))

# open files are bounded -> EMFILE
def open_many(): kept = [open("/dev/null") for _ in range(1000)]
print(attempt(open_many))

# limits of one command cannot be widened from inside -> 6 x refused
import resource as r
for name in "NPROC NOFILE DATA FSIZE CORE CPU".split():
    try: r.setrlimit(getattr(r, "RLIMIT_" + name), (-1, -1)); print("WIDENED")
    except (ValueError, PermissionError): print("refused")

# one sandbox takes a part of what the kernel counts for all -> 32 EMFILE EACCES
for count in range(1000):
    if libc.inotify_init() < 0: break
print(count, errno.errorcode[ctypes.get_errno()])
print(attempt(write, "/proc/sys/user/max_inotify_instances"))
"""
LIMITS = {
    "one file cannot grow beyond its limit": {"file_bytes": 8 << 20},
    "the private file systems are small": {"file_bytes": 1 << 30},
}


def attacks() -> list[tuple[str, str, list[str]]]:
    """Return the name and code of each attack, with the permitted words of its output."""
    found = []
    for attack in ATTACKS.replace("PLANTED", SECRET).split("\n# ")[1:]:
        head, code = attack.split("\n", 1)
        name, expected = head.split(" ->")
        number, _, word = expected.partition(" x ")
        found.append((name, code, [word] * int(number) if word else expected.split()))
    return found


@pytest.mark.parametrize(("name", "code", "expected"), attacks(), ids=[name for name, *_ in attacks()])
async def test_an_attack_gets_these_answers(world, name, code, expected):
    answers = (await world.attack(code, **LIMITS.get(name, {}))).split()

    assert len(answers) == len(expected)
    assert [
        answer for answer, words in zip(answers, expected, strict=True) if answer not in words.split("|")
    ] == []


# --- processes -----------------------------------------------------------------------------------------


async def test_signals_reach_no_process_outside_and_do_not_move_the_first(world):
    answers = await world.attack("""
        print(attempt(os.kill, int(E["VICTIM"]), 9))
        for name in "TERM INT USR1 STOP KILL CHLD HUP".split():
            attempt(os.kill, 1, getattr(signal, "SIG" + name))
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        attempt(os.kill, -1, signal.SIGTERM)
    """)

    assert answers == "ESRCH"
    assert (await world.sandbox.run(["echo", "alive"], env={})).stdout == b"alive\n"


async def test_killing_all_processes_kills_only_its_own(world):
    await world.sandbox.run(["sh", "-c", "kill -9 -1"], env={})

    assert (await world.sandbox.run(["echo", "alive"], env={})).stdout == b"alive\n"


async def test_no_privilege_is_held_and_none_can_be_gained(world):
    status = await world.attack("""
        for line in open("/proc/self/status"):
            if line.startswith(("Cap", "NoNewPrivs", "Seccomp:", "Uid")): print("".join(line.split()))
        print(attempt(os.setuid, 0), attempt(os.setgroups, []))
    """)
    facts = dict(line.split(":") for line in status.splitlines()[:-1])

    assert {facts[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (facts["NoNewPrivs"], facts["Seccomp"], facts["Uid"]) == ("1", "2", "1000" * 4)
    assert status.splitlines()[-1] == "EINVAL EPERM"  # user 0 does not exist in there


KERNEL_DOORS = {
    "unshare user": "libc.unshare(0x10000000)",
    "unshare net": "libc.unshare(0x40000000)",
    "setns": "libc.setns(os.open('/proc/self/ns/net', 0), 0)",
    "mount": "libc.mount(b'x', b'/tmp', b'tmpfs', 0, None)",
    "bind": "libc.mount(b'/', b'/tmp', None, 4096, None)",
    "umount": "libc.umount2(b'/proc', 2)",
    "chroot": "libc.chroot(b'/tmp')",
    "hostname": "libc.sethostname(b'x', 1)",
    "fsopen": "libc.syscall(430, b'tmpfs', 0)",
    "open_tree": "libc.syscall(428, -100, b'/', 1)",
    "io_uring": "libc.syscall(425, 1, 0)",
    "pidfd_getfd": "libc.syscall(438, 0, 0, 0)",
    "clone into a user namespace": "libc.syscall({'x86_64': 56, 'aarch64': 220}[M], 0x10000011, 0, 0, 0, 0)",
    "bpf": "libc.syscall({'x86_64': 321, 'aarch64': 280}[M], 0, 0, 0)",
    "perf": "libc.syscall({'x86_64': 298, 'aarch64': 241}[M], 0, 0, 0, 0, 0)",
    "keyctl": "libc.syscall({'x86_64': 250, 'aarch64': 219}[M], 0, 0)",
    "userfaultfd": "libc.syscall({'x86_64': 323, 'aarch64': 282}[M], 0)",
    "open_by_handle_at": "libc.syscall({'x86_64': 304, 'aarch64': 265}[M], 0, 0, 0)",
}


async def test_the_doors_into_the_kernel_are_closed(world):
    answers = await world.attack(f"""
        M = os.uname().machine
        for door, call in {KERNEL_DOORS!r}.items():
            ctypes.set_errno(0)
            result = eval(call)
            print(door, result, errno.errorcode.get(ctypes.get_errno()), sep=": ")
    """)

    assert answers.splitlines() == [f"{door}: -1: EPERM" for door in KERNEL_DOORS]


# --- files ---------------------------------------------------------------------------------------------


NOT_ITS_OWN = (
    "{OTHER}/private.txt",
    "{MINE}/../other/private.txt",
    "/workspace/../other/private.txt",
    "/workspace/" + "../" * 30 + "{OTHER}/private.txt",
    "/proc/self/root{OTHER}/private.txt",
    "/proc/self/cwd/../other/private.txt",
    "/proc/1/root{OTHER}/private.txt",
    "/proc/thread-self/root{OTHER}/private.txt",
    "/.workspaces/other/private.txt",
    "/host{OTHER}/private.txt",
    "{DATABASE}",
    "/proc/self/root{DATABASE}",
    "/etc/shadow",
)


async def test_what_is_not_its_own_cannot_be_read(world):
    answers = await world.attack(f"""
        for place in {NOT_ITS_OWN!r}:
            path = place.format(**E)
            os.symlink(path, "/workspace/link")
            print(place, attempt(read, path), attempt(read, "/workspace/link"), attempt(os.stat, path))
            os.unlink("/workspace/link")
    """)

    found = {place: set(words) for place, *words in map(str.split, answers.splitlines())}
    assert found.keys() == set(NOT_ITS_OWN)
    assert {place: words for place, words in found.items() if not words <= {"ENOENT", "EACCES"}} == {}


async def test_only_its_own_places_can_be_written(world):
    answers = await world.attack("""
        for folder in "/ /etc /usr /usr/bin /dev /home /var/tmp /proc /proc/sys/kernel /sys".split():
            print(folder, attempt(write, folder + "/pwn"))
        for folder in ("/workspace", "/tmp", "/dev/shm", E["HOME"]):
            print(folder, attempt(write, folder + "/mine"))
    """)
    by_folder = dict(line.split() for line in answers.splitlines())

    assert {by_folder.pop(place) for place in ("/workspace", "/tmp", "/dev/shm", "/home/agent")} == {"DONE"}
    assert set(by_folder.values()) <= {"EROFS", "ENOENT", "EACCES", "EPERM"}
    assert not exists("/usr/pwn")


async def test_its_tmp_belongs_to_it_alone(world, tmp_path):
    assert await world.attack("print(os.listdir('/tmp'))") == "['.home']"
    await world.attack(f"write('/tmp/{tmp_path.name}')")

    assert not exists(f"/tmp/{tmp_path.name}")


async def test_nothing_names_any_other_task(world):
    text = await world.attack("""
        print(os.uname().nodename)
        print(open("/proc/self/mountinfo").read())
        print(open("/proc/1/cmdline").read(), open("/proc/1/comm").read())
    """)

    assert text.splitlines()[0] == "sandbox"
    assert world.other.name not in text
    assert "platform.db" not in text


async def test_a_crash_leaves_no_core_file(world):
    outcome = await world.run("os.abort()")

    assert outcome.signal == signal.SIGABRT
    assert list(world.workspace.iterdir()) == []
    assert await world.attack("import resource; print(*resource.getrlimit(resource.RLIMIT_CORE))") in {
        "1 1",
        "0 0",
    }


# --- network -------------------------------------------------------------------------------------------


async def test_no_address_can_be_reached(world):
    answers = await world.attack("""
        I = socket.AF_INET
        print(attempt(connect, I, socket.SOCK_STREAM, ("127.0.0.1", int(E["PORT"]))))
        print(attempt(connect, I, socket.SOCK_STREAM, ("192.0.2.1", 80)))
        print(attempt(connect, I, socket.SOCK_DGRAM, ("192.0.2.1", 53)))
        print(attempt(connect, socket.AF_INET6, socket.SOCK_DGRAM, ("2001:db8::1", 53)))
    """)

    assert set(answers.split()) <= {"ENETUNREACH", "ECONNREFUSED", "EADDRNOTAVAIL"}
    assert "ENETUNREACH" in answers


# --- limits --------------------------------------------------------------------------------------------

FORK_BOMB = """
made = 0
for _ in range(400):
    try: child = os.fork()
    except OSError as error: print(errno.errorcode[error.errno], made); break
    if child == 0: time.sleep(20); os._exit(0)
    made += 1
sys.stdout.flush()
os._exit(0)
"""


async def test_a_fork_bomb_ends_at_its_limit_and_the_neighbour_does_not_notice(ns, world, folder, workspace):
    sandbox = await ns.create("bomb", workspace(ns, "bomb"))
    bomb = ["python3", "-I", "-c", PRELUDE + FORK_BOMB]
    outcome = await sandbox.run(bomb, env={}, limits=Limits(processes=40))
    answer, made = outcome.stdout.split()

    assert (answer, 20 <= int(made) < 40) == (b"EAGAIN", True)
    assert await world.attack(FORK_BOMB, processes=128) != ""
    await sandbox.close()


async def test_one_process_cannot_take_more_memory_than_its_limit(world):
    answer = await world.attack(
        """
        taken = []
        try:
            for _ in range(64): taken.append(bytearray(16 << 20))
        except MemoryError: print("refused after", len(taken) * 16)
    """,
        data_bytes=256 << 20,
    )

    assert answer.startswith("refused after ")
    assert int(answer.split()[-1]) <= 256


async def test_processor_time_is_bounded(world):
    outcome = await world.run("while True: pass", cpu_seconds=1)

    assert outcome.signal in {signal.SIGKILL, signal.SIGXCPU}
    assert not outcome.timed_out
    assert 0.5 < outcome.seconds < 20


async def test_limits_of_the_first_process_cannot_be_tightened_for_later_commands(world):
    code = """
        import resource
        kinds = ("NPROC", "DATA", "STACK", "NOFILE", "CPU", "FSIZE")
        for name in kinds: print(attempt(resource.prlimit, 1, getattr(resource, f"RLIMIT_{name}"), (0, 0)))
        print(attempt(resource.prlimit, os.getpid(), resource.RLIMIT_NOFILE, (20, 20)))
    """
    assert (await world.attack(code)).split() == ["EPERM"] * 6 + ["DONE"]
    assert await world.attack("import subprocess; print(subprocess.call(['true']))") == "0"


async def test_limits_of_one_command_are_not_the_nexts(world):
    await world.run("pass", open_files=32, cpu_seconds=1, processes=64)

    assert (
        await world.attack("import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))")
        == "(256, 256)"
    )


async def test_a_bomb_that_outlives_its_command_is_gone_with_its_time(ns, workspace, pulse):
    place = workspace(ns, "storm")
    beat = pulse(ns, place)
    sandbox = await ns.create("storm", place)
    storm = "f() { (setsid sh -c 'exec sleep 600 >pulse' &) ; }; while :; do f; done"
    limits = Limits(wall_seconds=0.5, processes=60)
    outcome = await sandbox.run(["sh", "-c", storm], env={}, limits=limits)

    assert outcome.timed_out
    assert not beat.beats()
    assert (await sandbox.run(["echo", "alive"], env={})).stdout == b"alive\n"


async def test_closing_is_quick_under_a_fork_storm(ns, workspace, pulse):
    place = workspace(ns, "storm")
    beat = pulse(ns, place)
    sandbox = await ns.create("storm", place)
    storm = "while :; do (setsid sh -c 'echo up; exec sleep 600' >pulse &); done"
    running = sandbox.run(["sh", "-c", storm], env={}, limits=Limits(processes=100))
    waiting = asyncio.create_task(running)
    await readable(beat.fd)
    async with asyncio.timeout(5):
        await sandbox.close()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    while os.read(beat.fd, 4096):
        pass

    assert not beat.beats()
