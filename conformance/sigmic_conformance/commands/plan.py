"""`sigmic-conformance plan`: what a run will do, its duration and cost, and what it will leave unproven."""

import argparse
import os
from collections.abc import Iterator
from typing import Any

from sigmic_conformance.commands import planned_journeys
from sigmic_conformance.commands.output import show_json, show_lines
from sigmic_conformance.commands.selection import matching
from sigmic_conformance.commands.targeting import given_target, target_arguments
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.registry import load
from sigmic_conformance.run.console import amount
from sigmic_conformance.run.costs import load as load_costs
from sigmic_conformance.run.options import seed
from sigmic_conformance.run.planning import Expected, Plan, default_tier, make_plan
from sigmic_conformance.target import settings
from sigmic_conformance.target.profile import ROLES, Profile, laid_over
from sigmic_conformance.target.reference_server import reference_profile
from sigmic_conformance.traffic.probe import Requires
from sigmic_spec.ledger import Ledger
from sigmic_spec.plural import plural

MOST_CAUSES = 4
"""The most reasons for unproven requirements that are printed."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the target and the rows."""
    scope = target_arguments(parser)[settings.SCOPE]
    scope.add_argument("-k", metavar="EXPRESSION", dest="select", help="requirements to test, as in `run`")
    scope.add_argument("--seed", metavar="N", help="seed of the journeys")
    parser.add_argument("--probes", action="store_true", help="list all probes and journeys")
    parser.add_argument(
        "--json", action="store_true", help="print the plan as JSON, with every step of the journeys"
    )


def run(options: argparse.Namespace) -> int:
    """Print the plan; send nothing."""
    profile = _mock(options) if options.mock else given_target(options, sends=False)[0]
    ledger = Ledger.load()
    registry = load(ledger.by_id)
    rows = [row.id for row in matching(options.select, ledger.requirements, registry)]
    checked = [row for row in rows if row in registry.checks]
    if not checked:
        raise Refused(
            f"none of the requirements selected by -k {options.select!r} has a check", ExitCode.NOTHING
        )
    tier = default_tier(profile, chosen_by_name=options.select is not None)
    plan = make_plan(
        registry,
        profile,
        checked,
        tier=tier,
        costs=load_costs(),
        journeys_seed=seed(options.seed) if options.select is None else None,
    )
    if options.json:
        show_json(as_json(plan, profile))
        return ExitCode.OK
    show_lines((*_heading(plan, profile), *_unproven(plan)))
    if options.probes:
        show_lines(("", *planned_journeys.heading(plan.journeys), *_probes(plan, profile)))
    return ExitCode.OK


def as_json(plan: Plan, profile: Profile) -> dict[str, Any]:
    """The plan as JSON values."""
    return {
        "profile": profile.public(),
        "tier": plan.tier.value,
        "seconds": plan.seconds,
        "turns": plan.total.turns,
        "bytes": plan.total.bytes,
        "requests": plan.total.requests,
        "destructive": _destructive(plan),
        "rows": list(plan.rows),
        "unselected": list(plan.unselected),
        "probes": [
            {
                "name": each.probe.name,
                "summary": each.probe.summary,
                "concurrency": each.probe.concurrency.value,
                "measured": each.measured,
                "seconds": each.cost.seconds,
                "turns": each.cost.turns,
                "bytes": each.cost.bytes,
                "requests": each.cost.requests,
            }
            for each in plan.probes
        ],
        "left_out": dict(plan.left_out),
        "journeys": planned_journeys.as_json(plan.journeys),
        "unproven": [{"because": why, "rows": list(rows)} for why, rows in plan.unproven.items()],
    }


def _mock(options: argparse.Namespace) -> Profile:
    """The reference platform's profile, without starting it."""
    document = settings.effective(vars(options), os.environ, mock=True)
    return laid_over(reference_profile("http://127.0.0.1 (the reference platform)"), document)


def _destructive(plan: Plan) -> bool:
    return any(Requires.WRITES in each.probe.requires for each in plan.probes)


def _heading(plan: Plan, profile: Profile) -> Iterator[str]:
    total = plan.total
    serial = total.seconds + total.turns * profile.turn_seconds
    yield f"target     {profile.base_url}"
    yield f"profile    {_said(profile)}"
    unselected = f"; not in tier {plan.tier}: {len(plan.unselected)}" if plan.unselected else ""
    yield f"tests      {plural(len(plan.rows), 'requirement')}{unselected}"
    yield f"wall time  about {plan.seconds:.0f} s{_caveat(profile)}; {serial:.0f} s in sequence"
    cost = f"{plural(total.turns, 'turn')} of the model, {amount(total.bytes)} sent"
    yield f"spends     {cost}, {plural(total.requests, 'request')}"
    yield f"changes    {_changes(plan, profile)}"
    probes = plural(len(plan.probes), "probe")
    journeys = (
        f", {len(plan.journeys.bought)} of them journeys" if plan.journeys and plan.journeys.bought else ""
    )
    yield f"sends      {probes}{journeys} (--probes lists them)"


def _changes(plan: Plan, profile: Profile) -> str:
    if _destructive(plan):
        return "creates tasks, uploads files, sends follow-ups, cancels; changes only its own tasks"
    return "nothing: only GET, HEAD and OPTIONS are sent" if profile.read_only else "nothing"


def _said(profile: Profile) -> str:
    """What the profile gives beyond the documented values; secrets are not in a profile."""
    usual = Profile(base_url=profile.base_url)
    keys = {
        "second key": profile.has_second_key,
        "widget app": profile.has_widget,
        "MCP widget app": profile.has_mcp_widget,
        **{ROLES[role].words: role in profile.roles for role in ROLES},
    }
    said = [words for words, there in keys.items() if there]
    if profile.session_expiry_seconds is not None:
        said.append(f"sessions expire after {profile.session_expiry_seconds:g} s")
    if profile.heartbeat_seconds != usual.heartbeat_seconds:
        said.append(f"a heartbeat every {profile.heartbeat_seconds:g} s")
    if profile.concurrency != usual.concurrency:
        said.append(f"{profile.concurrency} tasks at the same time")
    if profile.without:
        said.append(f"without {', '.join(sorted(profile.without))}")
    return "; ".join(said) or "as documented"


def _caveat(profile: Profile) -> str:
    if profile.reference or profile.turn_seconds:
        return ""
    return " with turns as quick as the reference platform's (profile key turn_seconds)"


def _probes(plan: Plan, profile: Profile) -> Iterator[str]:
    yield f"{'probe':26} {'concurrency':11} {'seconds':>8} {'turns':>6} {'sent':>10}  what it does"
    for each in sorted(plan.probes, key=lambda one: -one.cost.seconds):
        yield _line(each, profile)


def _line(each: Expected, profile: Profile) -> str:
    guessed = "" if each.measured else "?"
    seconds = each.cost.seconds + each.cost.turns * profile.turn_seconds
    turns = f"{guessed}{each.cost.turns}"
    return (
        f"{each.probe.name:26} {each.probe.concurrency.value:11} {seconds:8.1f} {turns:>6} "
        f"{amount(each.cost.bytes):>10}  {each.probe.summary}"
    )


def _unproven(plan: Plan) -> Iterator[str]:
    """What is skipped, and why; the most requirements first."""
    if plan.unselected:
        left = plural(len(plan.unselected), "requirement")
        yield f"skips      {left} beyond tier {plan.tier}; --tier full tests them"
    causes = sorted(plan.unproven.items(), key=lambda each: -len(each[1]))
    for why, rows in causes[:MOST_CAUSES]:
        yield f"unproven   {plural(len(rows), 'requirement')}: {why}"
    if rest := [row for _, rows in causes[MOST_CAUSES:] for row in rows]:
        yield f"unproven   {plural(len(rest), 'requirement')} for other reasons (--json lists them)"
