"""Gauges of cameras; `gauges` keeps them true."""

from prometheus_client import Gauge

from cctv.base.faults import CameraState

camera_up = Gauge(
    "camera_up", "1 while video arrives from the camera and its recorder says so.", ["camera", "agency"]
)
cameras_in_state = Gauge(
    "cameras_in_state", "Cameras in use by state; stale ones are counted by their last known state.", ["state"]
)
cameras_stale = Gauge("cameras_stale", "Cameras in use whose state nobody vouches for at present.")

for _state in CameraState:
    cameras_in_state.labels(_state.value)
