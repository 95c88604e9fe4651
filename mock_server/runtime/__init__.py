"""The machine below the platform: clocks, ids, background work, event loop."""
