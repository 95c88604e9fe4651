"""The contract as data: the OpenAPI document, the requirements ledger, and the only code that reads them."""
