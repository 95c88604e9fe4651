import errno
import struct

import pytest

from sigmic_mock.sandbox import seccomp

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CALLS = {
    "x86_64": {
        "clone": 56,
        "clone3": 435,
        "ioctl": 16,
        "socket": 41,
        "prlimit64": 302,
        "read": 0,
        "execve": 59,
        "openat2": 437,
    },
    "aarch64": {
        "clone": 220,
        "clone3": 435,
        "ioctl": 29,
        "socket": 198,
        "prlimit64": 261,
        "read": 63,
        "execve": 221,
        "openat2": 437,
    },
}
ALLOW = "allow"


def judge(machine: str, number: int, *arguments: int, audit: int | None = None) -> object:
    """Run the program as the kernel would; return `allow`, `kill` or the error number."""
    data = struct.pack("=IIQ6Q", number, audit or AUDIT[machine], 0, *arguments, *[0] * (6 - len(arguments)))
    code = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
    position, accumulator = 0, 0
    while True:
        operation, if_true, if_false, value = code[position]
        position += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, value)
            case 0x15:
                position += if_true if accumulator == value else if_false
            case 0x35:
                position += if_true if accumulator >= value else if_false
            case 0x45:
                position += if_true if accumulator & value else if_false
            case 0x06:
                return {0x7FFF0000: ALLOW, 0x80000000: "kill"}.get(value, value & 0xFFFF)
            case _:
                raise AssertionError(f"unknown instruction {operation:#x}")


machines = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])


def test_both_machines_refuse_the_same_calls():
    assert seccomp.REFUSED["x86_64"].keys() == seccomp.REFUSED["aarch64"].keys()


@machines
def test_no_two_names_share_a_number(machine):
    numbers = list(seccomp.REFUSED[machine].values())

    assert len(numbers) == len(set(numbers))


@machines
def test_every_listed_call_is_refused(machine):
    answers = {name: judge(machine, number) for name, number in seccomp.REFUSED[machine].items()}

    assert answers == dict.fromkeys(answers, errno.EPERM)


NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)


@machines
@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        *((name, (), ALLOW) for name in ("read", "execve", "openat2")),
        pytest.param("clone3", (), errno.ENOSYS, id="clone3 is said not to exist, so that libc falls back"),
        *(("clone", (flag | 17,), errno.EPERM) for flag in NEW_NAMESPACES),
        *(("clone", (flags,), ALLOW) for flags in (17, 0x3D0F00, 0x4111)),  # a process, a thread, a spawn
        *(("ioctl", (0, typing), errno.EPERM) for typing in (0x5412, 0x541C)),
        ("ioctl", (0, 0x5413), ALLOW),
        *(
            ("socket", (family, 1, protocol), ALLOW)
            for family, protocol in ((1, 0), (2, 6), (10, 0), (16, 0))
        ),
        *(("socket", (family, 1, 0), errno.EACCES) for family in (17, 38, 40, 0)),
        pytest.param("socket", (16, 1, 9), errno.EACCES, id="netlink is for routing alone"),
        *(("prlimit64", (process, 7), ALLOW) for process in (0, 2, 4711)),
        pytest.param("prlimit64", (1, 7), errno.EPERM, id="the first process keeps its limits"),
    ],
)
def test_a_call_is_answered_by_its_arguments(machine, name, arguments, answer):
    assert judge(machine, CALLS[machine][name], *arguments) == answer


def test_a_foreign_architecture_is_killed():
    assert judge("x86_64", 0, audit=0x40000003) == "kill"


def test_the_x32_numbers_do_not_exist():
    assert judge("x86_64", 0x40000000 | 165) == errno.ENOSYS


def test_a_jump_never_leaves_the_program():
    for machine in AUDIT:
        code = list(struct.iter_unpack("=HBBI", seccomp.program(machine)))
        assert len(code) < 4096
        for position, (operation, if_true, if_false, _value) in enumerate(code):
            if operation != 0x06:
                assert position + 1 + max(if_true, if_false) < len(code)
