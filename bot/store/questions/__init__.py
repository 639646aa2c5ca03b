"""What people asked and nobody has taught, and who was asked about it: the tables of both."""
