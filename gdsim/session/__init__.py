"""The whole experiment: spec, history, runner, documents on disk."""
