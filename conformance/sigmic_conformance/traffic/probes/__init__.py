"""Probes send the traffic. One module per part of the API; each function sends requests, without checks."""
