"""Journeys: generated scenarios that cover every pair of situations that can occur together."""
