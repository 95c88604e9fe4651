"""Deviations on request: a catalogue of named faults, what triggers them, and what they do to the wire."""
