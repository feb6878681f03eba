"""Moving many clients between books, with a preview and an undo."""
