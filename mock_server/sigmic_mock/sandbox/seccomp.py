"""The system calls that sandboxed processes are refused, as a handwritten classic BPF program.

The default is to allow. Refused are calls to the kernel's configuration, other processes' memory, new
namespaces and unusual socket families; node, git, compilers and shells do not need them. A refusal is an
error code, never a kill, so that tools report it. Invariant: numbers are per architecture, and both tables
have the same names (a test compares them).
"""

import errno
import struct
from collections.abc import Iterable, Mapping

# Instruction codes: load a word of the call's data; jump if equal, if not less, if any bit is set; return.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENT_0, _ARGUMENT_1, _ARGUMENT_2 = 0, 4, 16, 24, 32

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000
_ERRNO = 0x00050000

_X32_BIT = 0x40000000
_NEW_NAMESPACES = 0x7E020000
"""clone(2)'s seven CLONE_NEW* flags."""
_FIRST_PROCESS = 1
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK, _NETLINK_ROUTE = 1, 2, 10, 16, 0

Instruction = tuple[int, int, int, int]

_SAME_EVERYWHERE = {
    "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "mount_setattr": 442, "open_tree_attr": 467, "pidfd_getfd": 438, "process_madvise": 440,
    "quotactl_fd": 443, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
}  # fmt: skip

REFUSED: Mapping[str, Mapping[str, int]] = {
    "x86_64": {
        **_SAME_EVERYWHERE,
        "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308,
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "bpf": 321,
        "perf_event_open": 298, "userfaultfd": 323, "add_key": 248, "request_key": 249, "keyctl": 250,
        "open_by_handle_at": 304, "name_to_handle_at": 303, "init_module": 175, "finit_module": 313,
        "delete_module": 176, "kexec_load": 246, "kexec_file_load": 320, "reboot": 169, "swapon": 167,
        "swapoff": 168, "acct": 163, "quotactl": 179, "clock_settime": 227, "clock_adjtime": 305,
        "settimeofday": 164, "adjtimex": 159, "sethostname": 170, "setdomainname": 171, "syslog": 103,
        "vhangup": 153, "lookup_dcookie": 212, "nfsservctl": 180, "fanotify_init": 300, "move_pages": 279,
    },
    "aarch64": {
        **_SAME_EVERYWHERE,
        "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51, "unshare": 97, "setns": 268,
        "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "bpf": 280,
        "perf_event_open": 241, "userfaultfd": 282, "add_key": 217, "request_key": 218, "keyctl": 219,
        "open_by_handle_at": 265, "name_to_handle_at": 264, "init_module": 105, "finit_module": 273,
        "delete_module": 106, "kexec_load": 104, "kexec_file_load": 294, "reboot": 142, "swapon": 224,
        "swapoff": 225, "acct": 89, "quotactl": 60, "clock_settime": 112, "clock_adjtime": 266,
        "settimeofday": 170, "adjtimex": 171, "sethostname": 161, "setdomainname": 162, "syslog": 116,
        "vhangup": 58, "lookup_dcookie": 18, "nfsservctl": 42, "fanotify_init": 262, "move_pages": 239,
    },
}  # fmt: skip
"""Name → number of the calls that are always refused with EPERM."""

_ONLY_X86 = {"iopl": 172, "ioperm": 173, "modify_ldt": 154}
_EXAMINED = {
    "x86_64": {"audit": 0xC000003E, "clone": 56, "clone3": 435, "ioctl": 16, "socket": 41, "prlimit64": 302},
    "aarch64": {
        "audit": 0xC00000B7,
        "clone": 220,
        "clone3": 435,
        "ioctl": 29,
        "socket": 198,
        "prlimit64": 261,
    },
}
"""The architecture's name in the kernel, and the calls that are checked by their arguments."""


def program(machine: str) -> bytes:
    """Return the program for `x86_64` or `aarch64`, as struct sock_filter[]."""
    numbers = _EXAMINED[machine]
    refused = dict(REFUSED[machine])
    code: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, numbers["audit"]),
        _answer(KILL_PROCESS),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        refused |= _ONLY_X86
        code += [(_AT_LEAST, 0, 1, _X32_BIT), _refuse(errno.ENOSYS)]
    # The C library falls back to clone, whose flags can be read. clone3 passes its flags by a pointer.
    code += [(_EQUAL, 0, 1, numbers["clone3"]), _refuse(errno.ENOSYS)]
    for number in refused.values():
        code += [(_EQUAL, 0, 1, number), _refuse(errno.EPERM)]
    code += _when(numbers["clone"], _refused_if(_ARGUMENT_0, (_ANY_BIT, 0, 1, _NEW_NAMESPACES)))
    # Writing into another terminal's input:
    typing = _refused_if(_ARGUMENT_1, (_EQUAL, 1, 0, _TIOCSTI), (_EQUAL, 0, 1, _TIOCLINUX))
    code += _when(numbers["ioctl"], typing)
    code += _when(numbers["socket"], _socket_rules())
    # Changing the first process's limits: it has the same user, and commands inherit them.
    code += _when(numbers["prlimit64"], _refused_if(_ARGUMENT_0, (_EQUAL, 0, 1, _FIRST_PROCESS)))
    code.append(_answer(ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def _refused_if(argument: int, *comparisons: Instruction) -> list[Instruction]:
    """Refuse a call if one of the comparisons of an argument is true; the last one skips the refusal."""
    return [(_LOAD, 0, 0, argument), *comparisons, _refuse(errno.EPERM), _answer(ALLOW)]


def _socket_rules() -> list[Instruction]:
    """Allow Unix, IPv4, IPv6 and routing sockets only: a network namespace does not block vsock etc."""
    return [
        (_LOAD, 0, 0, _ARGUMENT_0),
        (_EQUAL, 5, 0, _AF_UNIX),
        (_EQUAL, 4, 0, _AF_INET),
        (_EQUAL, 3, 0, _AF_INET6),
        (_EQUAL, 0, 3, _AF_NETLINK),
        (_LOAD, 0, 0, _ARGUMENT_2),
        (_EQUAL, 0, 1, _NETLINK_ROUTE),
        _answer(ALLOW),
        _refuse(errno.EACCES),
    ]


def _when(number: int, rules: Iterable[Instruction]) -> list[Instruction]:
    body = list(rules)
    return [(_EQUAL, 0, len(body), number), *body]


def _answer(value: int) -> Instruction:
    return (_RETURN, 0, 0, value)


def _refuse(code: int) -> Instruction:
    return _answer(_ERRNO | code)
