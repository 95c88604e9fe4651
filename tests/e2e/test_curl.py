"""curl reads the mock as the README says."""

import re
import subprocess
from pathlib import Path

from tests.e2e.process import MockProcess

README = Path(__file__).parents[2] / "README.md"


def shell(command: str, mock: MockProcess, **variables: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        env={"PATH": "/usr/bin:/bin", "URL": mock.url, "KEY": mock.key, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_sample_of_the_readme_shows_what_comes(mock: MockProcess):
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```$", README.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    at = next(number for number, block in enumerate(blocks) if "curl -N" in block)
    commands = "".join(line for line in blocks[at].splitlines(keepends=True) if "SIGMIC_API_KEY=" not in line)

    stream = shell(commands.replace("http://127.0.0.1:8787", "$URL"), mock, SIGMIC_API_KEY=mock.key)

    shown, came = (text.strip().split("\n\n") for text in (blocks[at + 1], stream))
    assert [event.splitlines()[0] for event in shown] == [event.splitlines()[0] for event in came]
    for sample, event in zip(shown, came, strict=True):
        assert re.fullmatch(re.escape(sample).replace("…", '[^"]+'), event), event
