"""The control plane under /__mock/v1: for the person or test that owns this server, never for its clients."""
