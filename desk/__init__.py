"""Pages for the people who do the work: who is signed in, whom they may see, and what they read and record."""
