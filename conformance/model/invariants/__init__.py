"""The sentences of the ledger as invariants, by area; importing a module of it announces what is in it."""
