"""One effect each: what the journey asks the outside world to do."""
