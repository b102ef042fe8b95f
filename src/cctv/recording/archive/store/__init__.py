"""All SQL of the archive, a file an act. Rows go in and out by the wire form, not through the ORM."""
