"""The console's API under `/console/api`: people with roles look after projects."""
