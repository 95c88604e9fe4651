"""Locust users, shapes and objectives for stream heartbeats and concurrency."""
