"""Directives: a small closed grammar of plain sentences; one module of rules a family."""
