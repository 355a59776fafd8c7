"""Checks of gradients: of our networks, of any function, of a user's own activation or loss."""
