"""Measure how many mistakes in a platform the suite detects: `python -m lab.mutation --platform mock`."""
