"""What depends on how people write: words, languages, and values as a person reads them."""
