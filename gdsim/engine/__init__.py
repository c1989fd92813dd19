"""Backends that step optimizers and paint surfaces; all compiled code lives here."""
