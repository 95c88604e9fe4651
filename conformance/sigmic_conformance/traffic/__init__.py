"""Everything that sends requests to a target: the driver, the probes and the journeys."""
