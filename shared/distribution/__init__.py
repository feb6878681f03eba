"""What channels hold of the master: which rows, in which packages, and how far each has come."""
