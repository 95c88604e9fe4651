"""Why a message leads to its plan, as JSON data."""

from collections.abc import Iterator, Sequence
from typing import Any

from sigmic_mock.agent.directives.plans import INCOMPLETE
from sigmic_mock.agent.plan import Plan
from sigmic_mock.agent.playbooks.collection import Candidate, Playbooks
from sigmic_mock.agent.playbooks.library import Library
from sigmic_mock.agent.playbooks.playbook import Playbook
from sigmic_mock.agent.playbooks.selectors import Rank, Selector
from sigmic_mock.agent.prompt import Prompt, ResponseStyle
from sigmic_spec.plural import plural

MOST_CHARACTERS = 1_000
_RANKS = {
    "priority": "its priority is {} to {}",
    "owned": "the other belongs to the project alone",
    "names_project": "the other names the project",
    "files": "it asks for {} kinds of files, the other for {}",
    "literal_characters": "its pattern has {} letters, the other's {}",
}


def explanation(prompt: Prompt, plan: Plan, style: ResponseStyle, library: Library) -> dict[str, Any]:
    """Return what was chosen and why.

    `source` is `reply`, `playbook`, `directives`, `answer` or `model`; `playbook` the chosen one with its
    `turn` (0 for the first of `turns`, null for `steps`), null when none was; `why` one sentence;
    `runners_up` the others that match or nearly match, and the reason; `compiled` a playbook that does the
    same steps (null for a model); `unparsed` the text because of which the message is not executed.
    """
    playbooks = library.of(prompt.project_id)
    chosen = playbooks.get(plan.name) if plan.source == "playbook" else None
    candidates = list(playbooks.candidates(prompt))
    return {
        "seen": prompt.seen,
        "source": plan.source,
        "playbook": None if chosen is None else _named(chosen, plan, library),
        "why": _why(plan, chosen, len(candidates), playbooks, prompt),
        "runners_up": list(_runners_up(prompt, library, candidates, chosen)),
        "compiled": as_playbook(plan, prompt) if plan.steps else None,
        "understood": list(plan.understood) if plan.source == "directives" else [],
        "unparsed": list(plan.not_understood),
        "system_prompt": {"text": prompt.system_prompt, "followed": list(style.followed)},
    }


def as_playbook(plan: Plan, prompt: Prompt) -> dict[str, Any]:
    """Return a playbook that has the same effect as the plan for exactly this message."""
    follows = plan.follows_system_prompt or plan.source != "playbook"
    return {
        "name": plan.name if plan.source == "playbook" and plan.name else "explained",
        "when": {"message": _glob(prompt.text)},
        **({"follow_system_prompt": True} if follows else {}),
        **({"templates": True} if plan.templates else {}),
        "steps": list(plan.steps),
    }


def _glob(text: str) -> str:
    """Return a pattern that matches the message: wildcard characters in it are escaped."""
    tidy = " ".join(text.split())[:MOST_CHARACTERS]
    literal = "".join(f"[{each}]" if each in "*?[" else each for each in tidy)
    return (literal + ("*" if len(tidy) == MOST_CHARACTERS else "")) or "*"


def _named(playbook: Playbook, plan: Plan, library: Library) -> dict[str, Any]:
    return {
        "name": playbook.name,
        "summary": playbook.summary,
        "from": library.layer_of(playbook),
        "source": str(playbook.source),
        "turn": plan.turn,
    }


def _why(plan: Plan, chosen: Playbook | None, candidates: int, playbooks: Playbooks, prompt: Prompt) -> str:
    if plan.source == "reply":
        return "a reply waits for the next message"
    if plan.source == "playbook":
        if chosen is None:
            return "several playbooks match this message equally well: the task fails"
        if plan.turn is not None:
            return f"{chosen.name} started this conversation, and its turns/{plan.turn} matches"
        others = candidates - 1
        better = f" better than {plural(others, 'other')}" if others else ""
        return f"{chosen.name} matches{better}"
    begun = playbooks.begun(prompt)
    let_go = f"{begun.name} started this conversation, but none of its turns matches; " if begun else ""
    return f"{let_go}no playbook matches ({len(playbooks.names)} checked); {_instead(plan)}"


def _instead(plan: Plan) -> str:
    if plan.source == "model":
        return "the model answers"
    if plan.source == "answer":
        return f"the message is not made of directives: answer {plan.name}"
    if plan.name == INCOMPLETE:
        return "the message is not made of directives only: nothing is done"
    return "the message is made of directives"


def _runners_up(
    prompt: Prompt, library: Library, candidates: Sequence[Candidate], chosen: Playbook | None
) -> Iterator[dict[str, Any]]:
    for candidate in candidates:
        if candidate.playbook is not chosen:
            why_not = _outranked(candidate.rank, candidates[0].rank)
            yield {"name": candidate.playbook.name, "fits": True, "why_not": why_not}
    fitting = {candidate.playbook.name for candidate in candidates}
    for playbook in library.of(prompt.project_id):
        if playbook.name not in fitting and playbook is not chosen:
            near = sorted({_misfit(each, prompt) for each in playbook.selectors if each.nearly_fits(prompt)})
            if near:
                yield {"name": playbook.name, "fits": False, "why_not": "; ".join(near)}


def _outranked(rank: Rank, best: Rank) -> str:
    for name, own, other in zip(Rank._fields, rank, best, strict=True):
        if own != other:
            return _RANKS[name].format(own, other)
    return "it ties with another: give one another priority"


def _misfit(selector: Selector, prompt: Prompt) -> str:
    if selector.project is not None and selector.project != prompt.project_id:
        return f"it is for project {selector.project}"
    if not selector.fits_files(prompt):
        return f"no attached file for each of {', '.join(selector.files)}"
    return f"the message is not like {selector.message!r}"
