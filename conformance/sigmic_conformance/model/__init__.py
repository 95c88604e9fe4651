"""Model of a run: evaluates the statements of the ledger on everything that the run recorded.

Pure: the input is the record of a run.
"""
