"""Load tests with Locust: many streams and their heartbeats, reconnects and uploads, judged by objectives."""
