"""What runs when, and where shots rest."""
