"""The policy files: each authority's procedure as data."""
