"""Refuse a start from Locust's own page, with a message, if the target may not or cannot be loaded.

Locust itself would answer that it has started, whatever happens to the users.
"""

from collections.abc import Iterator

from flask import Flask, Response, jsonify, request
from locust.web import WebUI

from sigmic_load.conduct.early_checks import wrong_load
from sigmic_load.conduct.preflight import obstacle
from sigmic_load.run.run import Run
from sigmic_load.settings.permitted_target import refusal

START = "/swarm"
"""The path that the page's start button requests, and also a change of users during a run."""
ENDING = "the last run is still ending: start again when its result is there"
RUNNING = "the shape sets the users of a run: stop it, and start another with these numbers"


def _wrong_numbers() -> Iterator[str]:
    """Yield what is wrong with the numbers of the form."""
    users, rate = (request.form.get(name, type=float) for name in ("user_count", "spawn_rate"))
    return wrong_load(users, rate)


def mind_starts(web_ui: WebUI, application: Flask, run: Run) -> None:
    """Check the target before each run that the page starts, as the command line does before the first."""

    def look() -> Response | None:
        host = request.form.get("host") or web_ui.environment.host
        problem = refusal(host, run.settings.permitted_host) or next(_wrong_numbers(), "")
        if not problem and run.is_due:
            problem = ENDING if run.is_over else RUNNING
        if not problem:
            problem = obstacle(str(host), run.headers)
        if not problem:
            return None
        return jsonify({"success": False, "message": problem, "host": host})

    look_if_signed_in = web_ui.auth_required_if_enabled(look)

    def before() -> Response | None:
        if (request.method, request.path) != ("POST", START):
            return None
        refused: Response | None = look_if_signed_in()
        return refused

    application.before_request(before)
