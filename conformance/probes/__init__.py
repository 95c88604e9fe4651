"""Probes: the traffic. One module per part of the API; each function makes requests and judges nothing."""
