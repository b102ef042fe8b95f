"""The demonstration: a whole system with four simulated cameras, and its check without a person."""

from cctv.services.demo.run import check_demo, run_demo

__all__ = ["check_demo", "run_demo"]
