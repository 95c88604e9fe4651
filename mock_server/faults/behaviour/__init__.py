"""The misbehaving twins: subclasses of the platform's classes that do what armed faults want instead."""
