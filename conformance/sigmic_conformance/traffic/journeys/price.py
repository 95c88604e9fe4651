"""Estimate the cost of steps before they run: requests, turns of the model, bytes sent, seconds."""

from sigmic_conformance.target.profile import Profile
from sigmic_conformance.traffic.budget import Cost
from sigmic_conformance.traffic.journeys.journey import Journey, Step
from sigmic_conformance.traffic.journeys.material import (
    COUNTED,
    PROMPT,
    SLOW,
    body,
    files,
    message,
    silent_seconds,
    variables,
    working_seconds,
)
from sigmic_conformance.traffic.journeys.sweep import REQUESTS as SWEEP
from sigmic_conformance.traffic.journeys.turn import ALONE_BEATS, JOINED_SECONDS

TURN_SECONDS = 0.8
"""Seconds of a turn of the reference platform with its observations, without its working time."""
SPEAKING_SECONDS = COUNTED / 100
_WORD = "n" + "0" * 12
_OWNER_OVER, _STRANGER_OVER = 11, 2
_OWNER_EXPIRED = 5
_OWNER_MEANWHILE, _STRANGER_MEANWHILE = 5, 2
_ACTS = 6
_UNKNOWN_CALL = 1


def price(journey: Journey, profile: Profile, *, steps: int | None = None) -> Cost:
    """The cost of a journey, or of its first `steps`."""
    taken = journey.steps[:steps]
    costs = [_price(journey, number, step, profile) for number, step in enumerate(taken, 1)]
    return Cost(
        requests=len(journey.others) + sum(each.requests for each in costs),
        turns=len(taken),
        bytes=sum(each.bytes for each in costs),
        seconds=round(sum(each.seconds for each in costs), 1),
    )


def _price(journey: Journey, number: int, step: Step, profile: Profile) -> Cost:
    said = message(step, _WORD, profile, journey.listening)
    given = variables(journey.value, _WORD) if number == 1 else None
    prompt = PROMPT if number == 1 and journey.is_prompted else None
    parts = files(step, _WORD, profile)
    sent = body(step["body"], said.text, parts, given=given, asks=journey.asks, prompt=prompt)
    seconds = TURN_SECONDS + _working(step, profile, journey.listening)
    if step.waits_alone:
        seconds += ALONE_BEATS * profile.heartbeat_seconds
    if step.is_joined:
        seconds += JOINED_SECONDS
    if step.expires:
        seconds += profile.session_expiry_seconds or 0
    return Cost(requests=_requests(journey, step), turns=1, bytes=sent.size, seconds=seconds)


def _working(step: Step, profile: Profile, times: float) -> float:
    slow = step["reader"] in SLOW or step["state"] == "tool_running"
    speaking = SPEAKING_SECONDS if step["state"] == "speaking" else 0.0
    listening = silent_seconds(profile, times) if step.is_seen_waiting else 0.0
    return speaking + listening + (working_seconds(profile, times) if slow else 0.0)


def _requests(journey: Journey, step: Step) -> int:
    """Count the requests: the message, its reader, its decision, and the observations."""
    others = len(journey.others)
    looks = _OWNER_OVER + SWEEP + _STRANGER_OVER * others
    if len(step.states) > 1:
        looks += _OWNER_MEANWHILE + _STRANGER_MEANWHILE * others
    if step["state"] == "awaiting_approval":
        looks += _UNKNOWN_CALL
    if step.expires:
        looks += _OWNER_EXPIRED
    return 4 + looks + (_ACTS if step["caller"] in journey.others else 0)
