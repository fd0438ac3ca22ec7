"""What Django adds: the classes behind querysets and relations, and the names that queries ask for."""
