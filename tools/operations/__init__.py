"""The table of what each operation costs, made by asking each of them once."""
