"""Everything that a run recorded, for checks: exchanges, evidence, premises, verdicts and times. Pure."""
