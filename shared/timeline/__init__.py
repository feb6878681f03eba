"""What happened with a customer: activities, notes, consent decisions, book moves."""
