"""Measurements, generated files, notes, sizes and mutants: for developers of this project. Not installed."""
