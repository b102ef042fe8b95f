"""`python -m cctv_simulator` is the command `cctv-simulator`."""

from cctv_simulator.cli import main

main()
