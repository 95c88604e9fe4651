"""Judges: one pure function per ledger row, in the module of its area. They never see a socket."""
