"""The place of the Locust load tests of heartbeats and concurrency. None is written yet."""
