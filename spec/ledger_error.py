"""Why a ledger is refused: apart from its reader, so that a command can name it without loading a schema."""


class LedgerError(ValueError):
    """The ledger cannot be used; the message says where and why, one line for each reason."""
