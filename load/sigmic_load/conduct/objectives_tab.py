"""A tab of Locust's own page: open streams and the current state of the objectives during a run."""

from collections.abc import Iterable, Iterator

from flask import Flask, Response, json, request
from locust.web import WebUI

from sigmic_load.conduct.publishing import judge_now
from sigmic_load.report.table import number
from sigmic_load.run.run import Run
from sigmic_load.verdicts.objectives import Outcome

KEY = "objectives"
STATS = "/stats/requests"
"""The URL that Locust's page requests every two seconds."""
COLUMNS = ("objective", "verdict", "measured", "asked", "samples")


def add_tab(web_ui: WebUI, application: Flask, run: Run) -> None:
    """Add the tab through the extension point of Locust's page."""
    environment = web_ui.environment
    web_ui.template_args |= {
        "extended_tabs": [{"title": "Objectives", "key": KEY}],
        "extended_tables": [{"key": KEY, "structure": [{"key": name, "title": name} for name in COLUMNS]}],
    }

    def extend(response: Response) -> Response:
        if request.path == STATS and response.is_json and run.began:
            shown = list(rows(judge_now(environment, run).outcomes, run.recorder.streams_open))
            response.set_data(
                json.dumps({**response.get_json(), "extended_stats": [{"key": KEY, "data": shown}]})
            )
        return response

    application.after_request(extend)


def rows(outcomes: Iterable[Outcome], streams: int) -> Iterator[dict[str, str]]:
    """Yield the number of open streams, then every objective."""
    yield dict(zip(COLUMNS, ("open streams", "", number(streams), "", ""), strict=True))
    for it in outcomes:
        objective = it.objective
        measured = "-" if it.value is None else f"{number(it.value)} {objective.unit}"
        cells = (objective.id, it.verdict.value, measured, objective.asked, number(it.evidence))
        yield dict(zip(COLUMNS, cells, strict=True))
