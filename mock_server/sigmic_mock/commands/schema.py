"""`sigmic-mock schema`: print the JSON Schema of `mock.yaml`, for the completion and the checks of an editor.

It is generated from the flags, the fields of the file and the types of the control plane. The start of the
server checks what a schema cannot, for example that an id is declared twice.
"""

import argparse
import json
from collections.abc import Mapping
from typing import Any

from sigmic_mock.commands.command import Console
from sigmic_mock.config.settings import FLAGS
from sigmic_mock.control.openapi import document_of
from sigmic_mock.control.table import control_table
from sigmic_mock.domain.model import Role

_TEXT = {"type": "string", "minLength": 1}
_SCALAR = {"type": ["string", "number", "boolean"]}
_ROLE = {"enum": [role.value for role in Role]}


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare no argument."""


def run(_given: argparse.Namespace, console: Console, _environment: Mapping[str, str]) -> int:
    """Print it."""
    console.say(json.dumps(config_schema(), indent=2))
    return 0


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a configuration file."""
    types = document_of(control_table())["components"]["schemas"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mock.yaml",
        "description": "Configuration of sigmic-mock. Guide: docs/guides/configure-the-mock.md.",
        **_mapping(
            server=_mapping(**{flag.name: _flag(flag) for flag in FLAGS if flag.name != "config"}),
            projects=_list(_project()),
            users=_list(_mapping("name", name=_TEXT, role=_ROLE, password=_TEXT, password_env=_TEXT)),
            default_accounts={
                "type": "boolean",
                "description": "false: without the key and the app that are the same on every machine",
            },
        ),
        "components": {"schemas": types},
    }


def _project() -> dict[str, Any]:
    settings = {
        name: field.schema for name, field in control_table().operations["change_settings"].body.items()
    }
    key = _mapping(
        key={"type": "string", "pattern": "^sigmic_[0-9a-f]{64}$"},
        key_env=_TEXT,
        name=_TEXT,
        username=_TEXT,
        role=_ROLE,
        expires_at=_TEXT,
        revoked={"type": "boolean"},
    )
    app = _mapping(
        "app_id",
        app_id=_TEXT,
        app_secret=_TEXT,
        app_secret_env=_TEXT,
        name=_TEXT,
        allowed_origins=_list(_TEXT),
    )
    return _mapping(
        "id",
        id=_TEXT,
        name=_TEXT,
        api_keys=_list(key),
        widget_apps=_list(app),
        members={"type": "object", "additionalProperties": _ROLE},
        **settings,
    )


def _flag(flag: Any) -> dict[str, Any]:
    value = {"anyOf": [_SCALAR, _list(_TEXT)]} if flag.separator else _SCALAR
    return {**value, "description": f"{flag.help} (default: {flag.default})"}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _mapping(*required: str, **properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
    }
