"""Where a piece's labels come from: rules, a judge that people taught, and what they listen to."""
