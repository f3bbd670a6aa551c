"""What is known of a child: events, the facts that follow, the days and words they are told in."""
