"""Error mitigation: pure functions of tallies, each the finish of what `expand` laid out."""
