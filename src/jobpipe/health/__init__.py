"""Whether all is well: for a person, for whoever watches processes, for Prometheus."""
