"""The labels and facts of every probe: what it records under which name, and what a judge may ask for.

Probe and judge import the same values, so that a name which the probe does not record is a type error. Each
module is named as that of its probes, each class as the function of its probe.
"""
