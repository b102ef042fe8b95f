"""What becomes of grants once they are out: who watches by them, which were taken back."""
