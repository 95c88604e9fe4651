"""What callers without a valid credential were answered. Pure."""

from sigmic_conformance.conformance.judging.record import Record
from sigmic_conformance.conformance.transcript.transcript import Exchange

NOT_IMPLEMENTED = 501


def knows_no_tokens(exchange: Exchange) -> bool:
    """True for the documented answer of a platform without a signing key."""
    return exchange.status == NOT_IMPLEMENTED and exchange.code == "JWT_NOT_CONFIGURED"


def strangers(record: Record, prefix: str) -> list[Exchange]:
    """What `strangers` asked on behalf of a caller."""
    return [exchange for exchange in record.exchanges("strangers") if exchange.label.startswith(prefix)]
