"""See every gradient, check every gradient, name the mistake."""
