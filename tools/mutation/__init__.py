"""How many small wrong changes to the judge its own tests notice: `python -m tools.mutation`."""
