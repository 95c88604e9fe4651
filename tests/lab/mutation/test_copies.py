"""A server of a mutant runs from the copy, whichever mock is installed."""

from pathlib import Path

import pytest

from lab.mutation.copies import Copy
from sigmic_conformance.target.profile import ProfileError


def test_the_mock_is_loaded_from_the_copy(tmp_path: Path):
    copy = Copy.of("mock", tmp_path)
    mistake = 'raise SystemExit("this is the copy")\n'

    with (
        copy.changed("mock_server/sigmic_mock/cli.py", mistake),
        pytest.raises(ProfileError, match="this is the copy"),
        copy.served(),
    ):
        pass
