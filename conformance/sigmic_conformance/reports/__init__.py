"""Reports of a saved run: page, summary, statement, annotations."""
