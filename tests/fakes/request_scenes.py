"""Scenes of requests that are read wrongly: bodies, paths, methods and origins. See `fault_scenes`."""

from tests.fakes.fault_scenes import BAD_TOKEN, NOBODY, SCENES, TASKS, fixed

JSON = {"Content-Type": "application/json"}

SCENES |= {
    "refused-PAYLOAD_TOO_LARGE": fixed("POST", TASKS, headers={**JSON, "Content-Length": "999999999"}),
    "artifacts-forged": fixed("GET", f"{TASKS}/{NOBODY}/artifacts", by=BAD_TOKEN),
}
