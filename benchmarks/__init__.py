"""What is measured about speed, memory and help, and how: see README.md. Each benchmark validates before it times."""
