"""Fault injection: a catalogue of faults, their triggers, and their effects on platform and wire."""
