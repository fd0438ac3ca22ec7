"""What the application's models say: tables, columns, enumerations, and mappings that do not configure."""
