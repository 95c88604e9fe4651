"""Measure how many small wrong changes to the judge its own tests detect: `python -m tools.mutation`."""
