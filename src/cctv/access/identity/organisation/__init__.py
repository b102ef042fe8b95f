"""An organisation's own identity system: its tokens, its sign-in, its notices."""
