"""What development needs and nobody is given: measuring, tracing, breaking."""
