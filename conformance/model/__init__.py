"""What a run knows of each task at each moment, and the ledger's sentences held against all that it saw.

All of it is pure: from the record of a run to what follows from it.
"""
