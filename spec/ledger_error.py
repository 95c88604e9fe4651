"""Why a ledger is refused: separate from its reader, so that commands can use it without a schema."""


class LedgerError(ValueError):
    """The ledger cannot be used; the message says where and why, one line per reason."""
