"""The files that `test-your-client.md` shows pass unchanged, in the pytest of a user."""

import re
import subprocess
import sys
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "test-your-client.md"
_FILE = re.compile(r"^```python\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_samples_of_the_guide_pass(tmp_path: Path):
    samples = _FILE.findall(GUIDE.read_text("utf-8"))
    for name, text in samples:
        (tmp_path / name).write_text(text)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert len(samples) == 2
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
