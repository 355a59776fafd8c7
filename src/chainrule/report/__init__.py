"""What people read after a fit: scores beside a baseline, and models described in plain text."""
