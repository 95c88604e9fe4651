"""Steps that an agent can perform, one module per family; `catalogue` combines the families."""
