"""The live origin: what a recorder's sessions receive, handed on to the edges of the system."""
