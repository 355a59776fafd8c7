"""Reads a recorded run as a training: its weights, its J, the gradient it follows, and where that goes wrong."""
