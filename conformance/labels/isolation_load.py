"""A task whose commands want much of the machine, within reason, and another client meanwhile."""

from sigmic_conformance.conformance.transcript.label import Label, Labels, ProbeName


class Greed:
    """What `greed` records."""

    PROBE = ProbeName("greed")

    GREEDY = Labels[int](PROBE, "greedy {}")
    RUN = Labels[int](PROBE, "run {}")
    BYSTANDER_TASK = Label(PROBE, "bystander: task")
    BESIDE_IT = Label(PROBE, "concurrent task")
