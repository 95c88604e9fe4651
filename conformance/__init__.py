"""The judge: probes record a target's traffic, pure judges turn transcripts into verdicts."""
