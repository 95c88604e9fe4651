"""Measurements, generated files, sizes and mutants: for developers of this project. Not installed."""
