"""A model with real sandboxes and an MCP server: what a task of somebody's own model does."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sigmic_conformance.mock_server.testing import Project, mock_server
from tests.fakes.mcp_server import configured
from tests.fakes.model_endpoint import ModelEndpoint, calling, model_endpoint, text
from tests.fakes.project_tasks import create, events, get, post, results

import asyncio
