import pytest


@pytest.fixture
def workspace(tmp_path):
    workspace = tmp_path / "workspaces" / "task"
    workspace.mkdir(parents=True)
    return workspace
