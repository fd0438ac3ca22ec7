"""What users write to each other, and what we tell them."""
