"""Open paths inside a hostile directory: by one system call, or by the walk that replaces it (G-78)."""

import errno
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from sigmic_mock.storage import safe_open
from sigmic_mock.storage.safe_open import has_openat2, open_beneath, walk_beneath

OPENERS = [pytest.param(walk_beneath, id="walk")] + [pytest.param(open_beneath, id="openat2")] * has_openat2()


@pytest.fixture
def inside(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    root = tmp_path / "root"
    (root / "d" / "e").mkdir(parents=True)
    (root / "a.txt").write_text("a")
    (root / "d" / "b.txt").write_text("b")
    links = {
        "to-a": "a.txt",
        "d/up": "../a.txt",
        "to-d": "d",
        "chain": "to-d/up",
        "out": "../secret.txt",
        "out-by-d": "d/../../secret.txt",
        "absolute": str(tmp_path / "secret.txt"),
        "absolute-inside": str(root / "a.txt"),
        "out-dir": "..",
        "loop": "loop",
        "magic": "/proc/self/root",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    yield fd
    os.close(fd)


def content(opener: Callable[..., int], root: int, path: str, *, follow: bool = True) -> bytes:
    fd = opener(root, path, os.O_RDONLY, follow=follow)
    with os.fdopen(fd, "rb") as file:
        return file.read()


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.txt", b"a"), ("./a.txt", b"a"), ("d//b.txt", b"b"), ("d/../a.txt", b"a"),
        ("to-a", b"a"), ("d/up", b"a"), ("to-d/b.txt", b"b"), ("chain", b"a"),
    ],
)  # fmt: skip
def test_a_path_that_stays_inside_opens(opener, inside, path, expected):
    assert content(opener, inside, path) == expected


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt", "d/../../secret.txt", "out", "out-by-d", "absolute", "absolute-inside",
        "out-dir/secret.txt",
        "loop", "magic/etc/passwd", "/etc/passwd", "missing", "a.txt/b", "..", "d/e/../../../secret.txt",
    ],
)  # fmt: skip
def test_a_path_that_leaves_does_not(opener, inside, path):
    with pytest.raises(OSError) as raised:
        content(opener, inside, path)
    assert raised.value.errno in {errno.EXDEV, errno.ELOOP, errno.ENOENT, errno.ENOTDIR}


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize("path", ["to-a", "to-d/b.txt", "d/up"])
def test_no_link_is_followed_when_links_are_off(opener, inside, path):
    with pytest.raises(OSError) as raised:
        content(opener, inside, path, follow=False)
    assert raised.value.errno == errno.ELOOP


@pytest.mark.parametrize("path", ["a\0b", "a\ud800"])
def test_what_no_path_can_be_is_a_value_error(inside, path):
    with pytest.raises(ValueError):
        open_beneath(inside, path, os.O_RDONLY, follow=True)


@pytest.mark.parametrize("opener", OPENERS)
def test_descriptors_are_not_leaked(opener, inside):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ["chain", "out", "loop", "missing", "d/../a.txt", "a.txt/b"]:
        try:
            content(opener, inside, path)
        except OSError:
            continue
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_without_the_system_call_the_walk_is_used(inside, monkeypatch):
    monkeypatch.setattr(safe_open, "has_openat2", lambda: False)
    monkeypatch.setattr(safe_open, "_openat2", lambda *_: pytest.fail("called"))
    assert content(open_beneath, inside, "chain") == b"a"


@pytest.mark.parametrize("opener", OPENERS)
def test_a_link_swapped_while_opening_never_lets_out(opener, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "f").write_bytes(b"secret")
    root = tmp_path / "root"
    (root / "real").mkdir(parents=True)
    (root / "real" / "f").write_bytes(b"fine")
    (root / "link").symlink_to("../out")
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            (root / "real").rename(root / "spare")
            (root / "link").rename(root / "real")
            (root / "real").rename(root / "link")
            (root / "spare").rename(root / "real")

    swapper = threading.Thread(target=swap)
    swapper.start()
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    seen = set()
    try:
        for _ in range(3000):
            try:
                seen.add(content(opener, fd, "real/f"))
            except OSError:
                seen.add(b"refused")
    finally:
        done.set()
        swapper.join()
        # On a busy machine, every attempt may have been during a swap; this one is after the last swap.
        seen.add(content(opener, fd, "real/f"))
        os.close(fd)
    assert b"secret" not in seen
    assert b"fine" in seen


@pytest.mark.parametrize("opener", OPENERS)
def test_a_pipe_or_a_socket_does_not_block_the_opener(opener, inside, tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "root" / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path / "root")  # a socket address is short
        server.bind("socket")
    os.close(opener(inside, "pipe", os.O_RDONLY | os.O_NONBLOCK, follow=True))
    with pytest.raises(OSError) as raised:
        opener(inside, "socket", os.O_RDONLY | os.O_NONBLOCK, follow=True)
    assert raised.value.errno == errno.ENXIO
