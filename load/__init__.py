"""Load tests by Locust: many streams with their heartbeats, reconnects, uploads, and objectives that decide."""
