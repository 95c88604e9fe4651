"""The reference platform behind real front ends and application servers fails no requirement."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from lab.platforms.application_servers import APPLICATION_SERVERS
from lab.platforms.front_ends import FRONT_ENDS, FrontEnd, before
from lab.platforms.suite_run import SuiteRun, run
from sigmic_conformance.target.reference_server import ORIGIN, reference_platform

pytestmark = [pytest.mark.judgement, pytest.mark.slow, pytest.mark.timeout(400)]
HEARTBEAT = 3.0
FLEET = {**FRONT_ENDS, **APPLICATION_SERVERS}
MAY_WARN = {
    "nginx": {"ENVELOPE-002"},
    "nginx-tls": {"ENVELOPE-002"},
    "caddy": {"HTTP-009"},
    "uvicorn": {"HTTP-009"},
}
"""nginx accepts bodies up to 1 MiB and refuses larger ones in HTML. Caddy and uvicorn read chunks despite a
Content-Length, and the next request, but should close (RFC 9112, 6.1). The close races with its answer."""


def run_behind(front_end: FrontEnd, folder: Path, *flags: str) -> SuiteRun:
    """Check the reference platform as an unknown target, through a front end."""
    with reference_platform(heartbeat_seconds=HEARTBEAT) as (known, credentials):
        upstream = urlsplit(known.base_url).port or 80
        with before(front_end, upstream, folder / "front_end") as url:
            profile = folder / "profile.yaml"
            profile.write_text(
                yaml.safe_dump(
                    {
                        "heartbeat_seconds": HEARTBEAT,
                        "session_expiry_seconds": known.session_expiry_seconds,
                        "journeys": "none",
                        "widget": {
                            "app_id_env": "SIGMIC_APP_ID",
                            "app_secret_env": "SIGMIC_APP_SECRET",
                            "allowed_origin": ORIGIN,
                        },
                    }
                )
            )
            environment = {
                "SIGMIC_API_KEY": credentials.api_key,
                "SIGMIC_SECOND_API_KEY": credentials.second_api_key or "",
                "SIGMIC_VIEWER_API_KEY": credentials.roles["viewer"],
                "SIGMIC_MCP_API_KEY": credentials.roles["mcp"],
                "SIGMIC_MCP_APP_ID": credentials.mcp_app_id or "",
                "SIGMIC_MCP_APP_SECRET": credentials.mcp_app_secret or "",
                "SIGMIC_APP_ID": credentials.app_id or "",
                "SIGMIC_APP_SECRET": credentials.app_secret or "",
            }
            return run(folder, environment, "--target", url, "--profile", str(profile), *flags)


@pytest.mark.parametrize("name", FLEET)
def test_a_server_with_its_defaults_costs_nothing(name: str, tmp_path: Path):
    front_end = FLEET[name]
    if front_end.path is None:
        pytest.skip(f"{front_end.program} is not installed")

    trusted = ("--ca", str(tmp_path / "front_end" / "own.pem")) if front_end.is_secure else ()
    found = run_behind(front_end, tmp_path, *trusted)

    assert found.rows("failed", "errored", "blocked") == {}, found.output
    assert found.rows("warned").keys() <= MAY_WARN.get(name, set()), found.output
    left_open = found.rows("inconclusive")
    assert {row: why for row, why in left_open.items() if "→ 413" not in why} == {}, found.output
    assert len(found.rows("passed")) > 385
