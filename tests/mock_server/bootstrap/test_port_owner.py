"""The message about a port that is taken names its owner."""

import os
import socket
from pathlib import Path

from sigmic_mock.bootstrap.port_owner import owner_of
from sigmic_mock.bootstrap.registry import registered


def test_a_port_is_owned_by_the_mock_that_has_registered_it(tmp_path: Path):
    ready = {"base_url": "http://127.0.0.1:7", "pid": 5, "data_dir": "/data"}
    with registered(tmp_path, ready):
        assert owner_of(7, tmp_path) == "the mock http://127.0.0.1:7 (process 5, ready file /data/ready.json)"


def test_a_port_of_another_program_is_owned_by_its_process(tmp_path: Path):
    name = Path("/proc/self/comm").read_text().strip()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert owner_of(port, tmp_path) == f"{name} (process {os.getpid()})"
        assert owner_of(port, None) == owner_of(port, tmp_path)
    assert owner_of(port, tmp_path) == ""
