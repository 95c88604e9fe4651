"""The model of a run, and the ledger's sentences held against everything that the run saw.

All of it is pure: from the record of a run to what follows from it.
"""
