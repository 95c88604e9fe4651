"""Load tests by Locust: many streams and their heartbeats, reconnects, uploads, judged by objectives."""
