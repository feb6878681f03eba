"""Much work in chunks: one engine for every capability that has some."""
