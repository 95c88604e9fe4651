"""The checks: one module for each area of the ledger, one check for each requirement."""
