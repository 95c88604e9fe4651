"""Finds the answers to callers without a valid credential, or with one that may only read. Pure."""

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.labels.auth import Stranger, Strangers
from sigmic_conformance.conformance.labels.project import Change
from sigmic_conformance.conformance.transcript.transcript import Exchange

NOT_IMPLEMENTED = 501
NO_TOKENS = "the target has no JWT signing key"
SURELY_FORBIDDEN: tuple[Change, ...] = ("create_task", "send_message")
"""A finished task and a call that is not there may be told before the role is looked at."""
CHANGES: tuple[Change, ...] = (*SURELY_FORBIDDEN, "cancel_task", "approve_tool_call")
"""What a key that may only read must not do."""


def knows_no_tokens(exchange: Exchange) -> bool:
    """True for the documented answer of a platform without a signing key."""
    return exchange.status == NOT_IMPLEMENTED and exchange.code == "JWT_NOT_CONFIGURED"


def strangers(record: Record, who: Stranger) -> list[Exchange]:
    """What `strangers` asked on behalf of a caller."""
    return list(record.any_of(*(labels.of(who) for labels in Strangers.ASKED)))
