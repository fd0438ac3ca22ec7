"""Whether a class has a name: its own, its bases', what its source sets, what other code gives it."""
