"""Steps: what an agent can do, one module a family; `catalogue` puts the families together."""
