"""What the code asks of values whose class is known: attributes, and the fields that queries name."""
