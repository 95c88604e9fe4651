"""Reports of a saved run: page, summary, annotations."""
