"""Campaigns against the mock, seeded and bounded: `kill -9` at random moments, and hostile inputs."""
