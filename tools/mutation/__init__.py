"""Measure how many mistakes in a platform the suite detects: `python -m tools.mutation --platform mock`."""
