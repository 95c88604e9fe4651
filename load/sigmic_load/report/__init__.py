"""What was measured and judged, as JSON, a table and a page."""
