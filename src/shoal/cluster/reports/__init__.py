"""Results as people read them: tables, optima, heat maps, pages."""
