"""Reads a recorded run as a training: its weights, its J, the gradient it follows, and the line where that goes wrong."""
