"""Measurements, generated files and mutants: for developers of this project. Not installed."""
