"""`sigmic-conformance reproduce ROW RUN`: resend recorded requests, or run their probes again."""

import argparse
import asyncio
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sigmic_conformance.commands.output import show, show_lines
from sigmic_conformance.commands.replay.order import Resend, resends
from sigmic_conformance.commands.replay.sending import Sender, obstacle
from sigmic_conformance.commands.targeting import given_target, target_arguments
from sigmic_conformance.exit_codes import ExitCode, Refused
from sigmic_conformance.model.record.evidence import excerpt, summary
from sigmic_conformance.model.record.record import Record
from sigmic_conformance.model.record.verdict import Verdict, blocked
from sigmic_conformance.registry import load
from sigmic_conformance.results import saved
from sigmic_conformance.results.saved import SavedRun
from sigmic_conformance.run.adjudication import adjudicate
from sigmic_conformance.run.costs import load as load_costs
from sigmic_conformance.run.engine import Engine
from sigmic_conformance.run.planning import make_plan
from sigmic_conformance.run.tiers import Tier
from sigmic_conformance.target import settings
from sigmic_conformance.target.profile import Credentials, Profile, origin
from sigmic_conformance.traffic.probe import Probe
from sigmic_conformance.wire.client import Client
from sigmic_conformance.wire.difference import spelled
from sigmic_conformance.wire.redaction import Redactor
from sigmic_conformance.wire.transcript import JOURNEY, Closed, Ending, Exchange, Transcript
from sigmic_spec.ledger import Ledger
from sigmic_spec.plural import plural

INDENT = "    "


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the row, the run and the target."""
    parser.add_argument(
        "id", metavar="ID", help="the id of a requirement that the run tested, for example LIST-005"
    )
    parser.add_argument("saved", metavar="RUN", type=Path, help="folder of a run, or its result.json")
    target_arguments(parser, tests=False)


def run(options: argparse.Namespace) -> int:
    """Resend the requests; exit 1 if the row has the same verdict, 0 if it has another one, else 10.

    Raises Refused, with exit code 12, if the target takes no connection.
    """
    if options.mock:
        raise Refused("a fresh mock has none of the run's tasks. Start `sigmic-mock` and use --target URL")
    before = saved.read(options.saved)
    verdict = _verdict(before, options.id.upper())
    transcript, steps = _steps(before, verdict)
    profile, credentials = _confirmed(options, before.profile.base_url)
    row = options.id.upper()
    show(f"{row}, recorded: {_said(verdict)}")
    found = None
    if obstacle(steps) is None:
        show(f"sends {plural(len(steps), 'request')} of the probe {transcript.probe} to {profile.base_url} …")
        sent = asyncio.run(_send(profile.base_url, credentials, transcript, steps))
        unconnected = next((each for each in sent.exchanges if each.closed is Closed.REFUSED), None)
        if unconnected is not None:
            raise Refused(f"{profile.base_url} can't be reached: {unconnected.error}", ExitCode.UNREACHABLE)
        then = steps[-1].exchange
        show_lines(_beside(then, next(each for each in sent.exchanges if each.number == then.number)))
        found = _judged(before.profile, row, {sent.probe: sent})
    if found is None or _is_open(found, verdict):
        probes = _probes(before, row, verdict)
        names = ", ".join(each.name for each in probes)
        longest = max(each.seconds(profile) for each in probes)
        show(f"runs {names} again, which takes about {longest:.0f} s …")
        found = _judged(profile, row, _run_again(profile, credentials, probes, before.document.get("seed")))
    if _is_open(found, verdict):
        show(f"the requirement is open now: {found.observed.strip()}")
        show(f"to do: run --target {profile.base_url} -k {row}")
        return ExitCode.UNPROVEN
    same = (found.outcome, found.reason) == (verdict.outcome, verdict.reason)
    show(f"{'reproduced' if same else 'not reproduced'}: {_said(found)}")
    return ExitCode.FAILED if same and not found.outcome.proves else ExitCode.OK


def _confirmed(options: argparse.Namespace, recorded: str) -> tuple[Profile, Credentials]:
    """The target that a flag names; without one, that of the environment if it is the recorded one.

    Raises Refused otherwise: a run may come from somebody else, and no key goes where only it leads.
    """
    if options.target is None and options.profile is None:
        named = settings.effective(vars(options), os.environ).get("base_url")
        if named is None or origin(str(named)) != origin(recorded):
            known = "which no setting names" if named is None else f"but your target is {named}"
            flag = f"--target {shlex.quote(recorded)}"
            raise Refused(f"the run is of {recorded}, {known}. If your API key may go there, add {flag}")
    return given_target(options)


def _verdict(before: SavedRun, row: str) -> Verdict:
    verdict = before.verdicts.get(row)
    if verdict is None:
        raise Refused(f"{before.folder} did not test {row}")
    if not verdict.evidence:
        raise Refused(f"{row} cites no exchange: {verdict.observed}")
    return verdict


def _steps(before: SavedRun, verdict: Verdict) -> tuple[Transcript, tuple[Resend, ...]]:
    """The requests that lead to the first cited exchange that can be reached, for all tasks if possible."""
    found: list[tuple[Transcript, tuple[Resend, ...]]] = []
    for piece in verdict.evidence:
        transcript = before.transcript(piece.probe)
        if all(each.number != piece.exchange for each in transcript.exchanges):
            raise Refused(f"{before.folder}: the run has no exchange {piece.exchange} of {piece.probe}")
        for of_its_task in (False, True):
            found.append((transcript, resends(transcript.exchanges, piece.exchange, of_its_task=of_its_task)))
            if obstacle(found[-1][1]) is None:
                return found[-1]
    return found[0]


def _probes(before: SavedRun, row: str, verdict: Verdict) -> tuple[Probe, ...]:
    """The probes and journeys whose traffic decides the row: the cited and the needed ones."""
    registry = load(Ledger.load().by_id)
    check = registry.checks.get(row)
    if check is None:
        raise Refused(f"this suite has no check of {row}")
    names = {piece.probe for piece in verdict.evidence} | set(check.needs)
    known = dict(registry.probes)
    if any(name.startswith(JOURNEY) for name in names):
        tier = Tier(before.document.get("tier", Tier.FULL))
        rows = [each for each in before.verdicts if each in registry.checks]
        seed = before.document.get("seed")
        plan = make_plan(registry, before.profile, rows, tier=tier, costs=load_costs(), journeys_seed=seed)
        known |= {each.probe.name: each.probe for each in plan.probes}
    return tuple(known[name] for name in sorted(names) if name in known)


def _run_again(
    profile: Profile, credentials: Credentials, probes: Sequence[Probe], seed: int | None
) -> dict[str, Transcript]:
    """Run the probes with the seed of the recorded run: what only a probe can send is sent as it was."""
    redactor = Redactor(credentials.secrets())
    engine = Engine(
        profile,
        credentials,
        redactor=redactor,
        make_client=lambda: Client.of(profile.base_url, credentials),
        seed=seed,
    )
    try:
        engine.start(probes)
        return engine.transcripts()
    finally:
        engine.close()


async def _send(
    base_url: str, credentials: Credentials, transcript: Transcript, steps: tuple[Resend, ...]
) -> Transcript:
    """Send the exchanges of a probe; return the new transcript."""
    redactor = Redactor(credentials.secrets())
    sender = Sender(Client.of(base_url, credentials), credentials, redactor)
    now = await sender.send(steps)
    return replace(
        transcript,
        ending=Ending.COMPLETE,
        exchanges=tuple(now[number] for number in sorted(now)),
        facts=sender.names.put_into(dict(transcript.facts)),
    )


def _beside(then: Exchange, now: Exchange) -> Iterator[str]:
    """Print both answers to the request that the verdict cites."""
    yield f"request   {spelled(then.label)}, as {then.role}: {now.sent.method} {now.sent.target}"
    for name, exchange in (("recorded", then), ("now", now)):
        yield f"{name:9} {summary(exchange)}, after {(exchange.ended - exchange.started) / 1e6:.0f} ms"
        yield from (f"{INDENT}{line}" for line in excerpt(exchange).splitlines())


def _judged(profile: Profile, row: str, known: Mapping[str, Transcript]) -> Verdict:
    """Check the new transcripts with the row's check."""
    ledger = Ledger.load()
    check = load(ledger.by_id).checks.get(row)
    if check is None:
        return blocked("this suite has no check of the requirement")
    missing = [name for name in check.needs if name not in known]
    if missing and not check.anywhere:
        return blocked(f"the requirement also needs {', '.join(missing)}")
    # A check of any traffic uses all that was recorded.
    others = {name: Transcript(probe=name, ending=Ending.COMPLETE) for name in missing}
    return adjudicate(check, ledger.by_id[row], Record(profile, {**known, **others}))


def _is_open(found: Verdict, then: Verdict) -> bool:
    return found.outcome.is_undecided and found.outcome is not then.outcome


def _said(verdict: Verdict) -> str:
    return f"{verdict.outcome.with_reason(verdict.reason)}: {verdict.observed.strip()}"
