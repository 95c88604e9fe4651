"""The command that installs an extra."""

from typing import Any

import pytest

from sigmic_spec.extras import command_for, install_command


@pytest.mark.parametrize(
    ("origin", "command"),
    [
        ({}, "pip install 'sigmic-mock[mcp]'"),
        ({"url": "file:///a%20b/c", "dir_info": {}}, "pip install '/a b/c[mcp]'"),
        ({"url": "file:///c", "dir_info": {"editable": True}}, "pip install -e '/c[mcp]'"),
        (
            {"url": "https://a.example/b.git", "vcs_info": {"vcs": "git", "commit_id": "7f"}},
            "pip install 'sigmic-mock[mcp] @ git+https://a.example/b.git@7f'",
        ),
        (
            {"url": "https://a.example/b.whl", "archive_info": {}},
            "pip install 'sigmic-mock[mcp] @ https://a.example/b.whl'",
        ),
    ],
)
def test_an_extra_is_installed_as_the_distribution_was(origin: dict[str, Any], command: str):
    assert command_for("sigmic-mock", "mcp", origin) == command


def test_the_origin_is_that_of_this_environment():
    assert install_command("sigmic-mock", "mcp").startswith("pip install ")
    assert "[mcp]" in install_command("sigmic-mock", "mcp")
