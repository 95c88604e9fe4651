"""The misbehaving twins of honest classes: one module each, named like the module it twins."""
