"""The schema of `mock.yaml` and the reader of the file have the same names, and accept the guides' files."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from sigmic_mock.config.file import ConfigError, load_config
from sigmic_mock.config.settings import FLAGS
from tools.fences import blocks

ROOT = Path(__file__).parents[3]
NAMES = {flag.name: flag.separator for flag in FLAGS if flag.name != "config"}
KEY = "sigmic_" + "0" * 64
SHOWN = [
    (ROOT / "examples" / "mcp-project" / "mock.yaml").read_text("utf-8"),
    *(block.text for block in blocks("docs/guides/configure-the-mock.md") if block.kind == "yaml"),
]
WRONG = [
    "servr: {}",
    "server: {heartbeet: 1}",
    "server: {allow-host: {a: 1}}",
    "projects: [{name: a}]",
    "projects: [{id: a, api_key: []}]",
    "projects: [{id: a, api_keys: [{key: sigmic_1}]}]",
    f"projects: [{{id: a, api_keys: [{{key: {KEY}, role: boss}}]}}]",
    "projects: [{id: a, widget_apps: [{app_secret: x}]}]",
    "projects: [{id: a, tool_policies: {x: perhaps}}]",
    "projects: [{id: a, auto_execute: 7}]",
    "projects: [{id: a, members: {ada: boss}}]",
    "users: [{role: owner}]",
    "default_accounts: 7",
]


class _Loader(yaml.SafeLoader):
    """Reads a date as text, as in JSON."""


_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _loader, node: node.value)


async def schema(verb: Any) -> jsonschema_rs.Validator:
    _code, said, _ = await verb("schema")
    return jsonschema_rs.validator_for(json.loads(said))


@pytest.mark.parametrize("text", SHOWN)
async def test_the_examples_of_the_guide_fit_the_schema(verb, text: str) -> None:
    (await schema(verb)).validate(yaml.load(text, _Loader))


@pytest.mark.parametrize("text", WRONG)
async def test_a_file_that_the_server_refuses_does_not_fit_the_schema(
    verb, tmp_path: Path, text: str
) -> None:
    file = tmp_path / "mock.yaml"
    file.write_text(text)

    assert not (await schema(verb)).is_valid(yaml.load(text, _Loader))
    with pytest.raises(ConfigError):
        load_config(file, server_names=NAMES, environment={})
