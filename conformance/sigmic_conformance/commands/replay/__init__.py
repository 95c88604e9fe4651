"""Resend recorded requests of a saved run, and show both answers."""
