"""The manifests start an existing command with existing options."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from locust.argument_parser import get_parser

from sigmic_load.run.options import add_options

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "load" / "deploy"


def compose() -> dict[str, list[str]]:
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (DEPLOY / "compose.yaml").read_text())
    text = re.sub(r"\$\{\w+:\?[^}]*\}", "http://127.0.0.1", text)
    return {name: service["command"] for name, service in yaml.safe_load(text)["services"].items()}


def kubernetes() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for manifest in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()):
        pod: dict[str, Any] = manifest["spec"].get("template", {}).get("spec", {"containers": []})
        found |= {container["name"]: container["args"] for container in pod["containers"]}
    return found


@pytest.mark.parametrize("commands", [compose(), kubernetes()], ids=["compose", "kubernetes"])
def test_master_and_workers_are_started_with_options_that_exist(commands):
    parser = get_parser()
    add_options(parser)

    parsed = {name: parser.parse_args(arguments) for name, arguments in commands.items()}

    assert set(parsed) == {"master", "worker"}
    assert parsed["master"].master
    assert parsed["master"].load_report
    assert parsed["worker"].worker
    assert parsed["worker"].master_host in {"master", "sigmic-load-master"}


def test_the_image_starts_the_file_of_the_clone():
    text = (DEPLOY / "Dockerfile").read_text()

    (started,) = re.findall(r"/src/(load/\S+\.py)", text)
    assert (ROOT / started).is_file()
