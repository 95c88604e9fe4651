"""What a run is asked for, in files and as a target: read and checked."""
