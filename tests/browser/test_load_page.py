"""The page of a load test on a phone: nothing is wider than the screen, and every cell has its label."""

import pytest
from playwright.sync_api import Browser

from sigmic_load.measures.worker_sums import WorkerSums
from sigmic_load.report.build import build_report
from sigmic_load.report.page import render_page
from sigmic_load.verdicts.conclusion import conclude
from sigmic_load.verdicts.objectives import judge, objectives_of, read_slo
from tests.load.report.test_build import FACTS, measured

WIDTH = 400
BEYOND = """() => [...document.querySelectorAll("main :is(th, td, dd, figure, p, h2), header *")]
    .filter(it => !it.closest("thead") && it.getBoundingClientRect().right > innerWidth)
    .map(it => it.outerHTML)"""
UNLABELLED = """() => [...document.querySelectorAll("tbody td.n")]
    .filter(it => getComputedStyle(it, "::before").content === "none").map(it => it.outerHTML)"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_reads_on_a_phone(browser: Browser, scheme):
    recorder = measured()
    outcomes = judge(objectives_of(read_slo()), recorder.numbers, ["StreamUser"])
    workers = WorkerSums(
        recorder, given={f"a-long-name-of-a-host-{it}": recorder.numbers.to_wire() for it in "ab"}
    )
    report = build_report(FACTS, workers, recorder.numbers, outcomes, conclude(outcomes, ["lost"]))
    context = browser.new_context(viewport={"width": WIDTH, "height": 800}, color_scheme=scheme)
    page = context.new_page()

    page.set_content(render_page(report))

    assert page.evaluate("document.documentElement.scrollWidth") == WIDTH
    assert page.evaluate(BEYOND) == []
    assert page.evaluate(UNLABELLED) == []
    assert page.locator("tbody tr").count() > 20
    context.close()
