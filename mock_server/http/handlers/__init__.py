"""One function per operationId, one module per tag of the document."""
