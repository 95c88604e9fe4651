"""The steps of the Dockerfiles, run as root in a temporary copy of this machine's files.

There is no container engine where the tests run. A copy-on-write root in a mount namespace is the closest: a
step sees what earlier ones have changed, and this machine is unchanged. The test does not show that the base
image has what the steps need, such as `useradd`.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.command import ended
from tests.wheel.installation import ROOT

SECONDS = 1500
"""A deadline, not a measure of speed: packages are downloaded and installed."""
_ROOT = """\
set -e
mount -t tmpfs tmpfs "$1" && cd "$1" && mkdir upper work root
mount -t overlay overlay -o lowerdir=/,upperdir=upper,workdir=work root
mount --rbind /proc root/proc && mount --rbind /dev root/dev
cd root && chmod 755 root && chmod 1777 tmp && mkdir .old && pivot_root . .old && umount -l .old && cd /
shift
exec "$@"
"""
_BEFORE = "set -e; {python} -m venv /opt/python; export PATH=/opt/python/bin:$PATH HOME=/root"


def instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    """Yield each instruction with its text, one per line of the file."""
    text = re.sub(r"\\\n\s*", "", (ROOT / dockerfile).read_text("utf-8"))
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            yield name, rest


def script(dockerfile: str, sources: Path) -> Iterator[str]:
    """Yield lines of shell for the instructions, each run as its user."""
    user = "root"
    yield _BEFORE.format(python=sys.executable)
    for name, rest in instructions(dockerfile):
        if name == "COPY":
            origin, target = rest.split()
            assert origin == "."
            yield f"mkdir -p {target}; tar -xf {sources} -C {target}"
        elif name == "RUN":
            yield rest
        elif name == "USER":
            user = rest
        elif name == "WORKDIR":
            yield f"mkdir -p {rest}; cd {rest}"
        elif name == "ENTRYPOINT":
            program, *words = json.loads(rest)
            started = " ".join(_started(program, words))
            yield f"su {user} -s /bin/sh -c 'PATH=/opt/python/bin:$PATH; {started}'"
        else:
            assert name in {"FROM", "EXPOSE", "HEALTHCHECK"}, name


def _started(program: str, words: list[str]) -> list[str]:
    """Return the entry point, with arguments that make it end without help."""
    if program == "sigmic-mock":
        return ["true", "|", program, *words, "--port=0", "--until-stdin-ends", "--json"]
    return [program, *words, "--help", ">/dev/null"] if program == "locust" else [program, "--version"]


def in_a_root(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return ended(
        ["unshare", "--mount", "--fork", "--kill-child", "sh", "-c", _ROOT, "sh", str(folder), *command],
        seconds=SECONDS,
        env={
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SIGMIC_", "VIRTUAL_ENV"))
        },
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.nightly
@pytest.mark.parametrize("dockerfile", ["examples/docker/Dockerfile", "load/deploy/Dockerfile"])
def test_every_step_works_in_a_clean_root(dockerfile: str, tmp_path: Path):
    (tmp_path / "root").mkdir()
    if in_a_root(tmp_path / "root", "true").returncode != 0:
        pytest.skip("this account cannot make a copy-on-write root (overlay, mount namespace)")
    sources = tmp_path / "sources.tar"
    subprocess.run(["git", "archive", "--output", sources, "HEAD"], cwd=ROOT, check=True, timeout=60)

    done = in_a_root(tmp_path / "root", "sh", "-c", "\n".join(script(dockerfile, sources)))

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    if "docker/" in dockerfile:
        lines = done.stdout.strip().splitlines()
        (ready,) = [json.loads(line) for line in lines if line.startswith("{")]
        assert ready["base_url"].startswith("http://127.0.0.1:")
        assert lines[-1].startswith("sigmic-conformance ")
