"""Results that derive from a saved run: comparison, baseline, coverage, badge, findings."""
