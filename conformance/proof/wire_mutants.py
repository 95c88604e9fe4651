"""Every wire mutant, from the tables of `conformance.proof.mutants`."""

from sigmic_conformance.conformance.proof.mutants.answers import ANSWERS
from sigmic_conformance.conformance.proof.mutants.framing import FRAMING
from sigmic_conformance.conformance.proof.mutants.heartbeats import HEARTBEATS
from sigmic_conformance.conformance.proof.mutants.order import ORDER

MUTANTS = (*HEARTBEATS, *FRAMING, *ORDER, *ANSWERS)
