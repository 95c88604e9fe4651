"""The conformance suite: probes record a target's traffic, pure checks turn transcripts into verdicts."""
