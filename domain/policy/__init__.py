"""Policies: each authority's procedure as data (*.toml), loaded, checked, and compared with the law."""
