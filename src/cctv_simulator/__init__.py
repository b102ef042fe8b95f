"""Simulated cameras: a real RTSP server with real footage, and faults on command.

A stranger to the product by contract: it imports nothing of `cctv` and `cctv` nothing of it, so that what the
recorder is tested against cannot share the recorder's mistakes.

Tests and other programs use three names:

* `cctv_simulator.process.SimulatorProcess` starts the command as a child and stops it again;
* `cctv_simulator.control.Control` sets faults and asks what was sent while it runs;
* `cctv_simulator.timecode.read` reads the time back from a picture of a `timecode` camera.
"""
