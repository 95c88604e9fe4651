"""Requests that Schemathesis draws from the contract, sent within a budget; the results are verdicts."""
