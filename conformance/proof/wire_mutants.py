"""Every wire mutant, from the tables of `conformance.proof.mutants`."""

from conformance.proof.mutants.answers import ANSWERS
from conformance.proof.mutants.framing import FRAMING
from conformance.proof.mutants.heartbeats import HEARTBEATS
from conformance.proof.mutants.order import ORDER

MUTANTS = (*HEARTBEATS, *FRAMING, *ORDER, *ANSWERS)
