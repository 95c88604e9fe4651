"""Read and check what a run is asked for: its files and its target."""
