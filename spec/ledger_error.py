"""Why a ledger is refused: separate from its reader, so that commands need not load a schema for it."""


class LedgerError(ValueError):
    """The ledger cannot be used; the message says where and why, one line per reason."""
