"""The platform's runtime: clocks, ids, background work, event loop."""
