"""The misbehaving twins of honest classes, a module for each. Only the composition root puts them in."""
