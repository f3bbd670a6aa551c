"""`make scale`: a cluster that grows, what each thousand children costs it, and all of England by straight lines."""
