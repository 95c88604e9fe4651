"""A user's server is started, awaited and ended; if it crashes or never gets ready, one line reports it."""

import sys
import urllib.request
from pathlib import Path

import pytest

from sigmic_conformance.target.profile import ProfileError
from sigmic_conformance.target.served import serving

LISTENS = f"exec {sys.executable} -m http.server --bind 127.0.0.1 {{port}}"


def says(tmp_path: Path, text: str) -> str:
    """Return a command that writes this into its ready file and keeps running."""
    (tmp_path / "said").write_text(text)
    return f"cp {tmp_path}/said {{ready_file}}; exec sleep 60"


def is_alive(pid: int) -> bool:
    """Return whether the process runs: a dead process may exist until its parent reaps it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}


def test_a_server_is_waited_for_by_its_port_and_ended():
    with serving(LISTENS) as served:
        assert urllib.request.urlopen(served.base_url, timeout=5).status == 200
        assert served.death is None
    assert served.process.returncode is not None
    assert not is_alive(served.process.pid)


def test_a_ready_file_gives_the_address_the_keys_and_the_end_of_a_session(tmp_path: Path):
    keys = '"api_key": "sigmic_1", "app_id": "app"'
    text = f'{{"base_url": "http://127.0.0.1:9", {keys}, "session_expiry_seconds": 2.5, "pid": 7}}'

    with serving(says(tmp_path, text)) as served:
        assert served.base_url == "http://127.0.0.1:9"
        assert served.variables == {
            "SIGMIC_API_KEY": "sigmic_1",
            "SIGMIC_APP_ID": "app",
            "SIGMIC_SESSION_EXPIRY": "2.5",
        }
    with serving(says(tmp_path, '{"port": 81}')) as served:
        assert served.base_url == "http://127.0.0.1:81"


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("echo no such module; exit 3", "--serve: the server ended with exit code 3: no such module"),
        ("kill -9 $$", "--serve: the server was ended by signal 9, and said nothing"),
        (
            "echo {port} >&2; exec sleep 60",
            "--serve: the server was not ready within 0.3 s: no server listens on port",
        ),
        ("echo {ready_file}; exec sleep 60", "--serve: the server was not ready within 0.3 s: no ready file"),
    ],
)
def test_a_server_that_exits_or_is_never_ready_is_one_line(command: str, line: str):
    with pytest.raises(ProfileError) as refusal, serving(command, seconds=0.3):
        pass
    assert str(refusal.value).startswith(line)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{"url": "http://x"}', "has ['url'], but neither base_url nor port"),
        ("[]", "holds no JSON object"),
        ('{"port": 1, "api_key": 7}', "api_key in the ready file must be text"),
        (
            '{"port": 1, "session_expiry_seconds": "soon"}',
            "session_expiry_seconds in the ready file must be a number",
        ),
    ],
)
def test_a_ready_file_that_says_too_little_is_one_line(tmp_path: Path, text: str, line: str):
    with pytest.raises(ProfileError, match="ready file") as refusal, serving(says(tmp_path, text)):
        pass
    assert line in str(refusal.value)


def test_child_processes_of_the_server_are_ended_too(tmp_path: Path):
    command = f"sleep 60 & echo $! > {tmp_path}/pid; {LISTENS.removeprefix('exec ')}"

    with serving(command):
        child = int((tmp_path / "pid").read_text())
    assert not is_alive(child)
