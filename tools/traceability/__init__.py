"""From sentence to rule to test: the pages of docs/ that are made from the procedures, policies and tests."""
