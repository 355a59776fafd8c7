"""A run of somebody's program, recorded as a tape of pure operations. It knows programs, not networks."""
