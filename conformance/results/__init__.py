"""What derives from a saved run: comparison, baseline, coverage, badge, findings."""
