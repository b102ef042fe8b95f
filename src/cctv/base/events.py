"""Names of what rooms in different processes tell each other."""

CAMERAS_CHANGED = "cctv_cameras"
"""PostgreSQL channel: a camera was added, changed or removed. The payload is its id, or empty for many."""

EVENTS_CHANNEL = "cctv:events"
"""Valkey channel of the messages that reach browsers by ``/ws/events``: JSON with ``type`` and ``data``."""

CAMERA_STATUS = "CAMERA_STATUS"
"""Event type: a camera's state, cause and since when."""

ACCESS_CHANGED = "cctv_access"
"""PostgreSQL channel: a right, session or key ended or changed. The payload is the user's id, or empty for all."""

CAMERAS_CHANGED_EVENT = "CAMERAS_CHANGED"
"""Event type: a camera was added, changed or removed; `camera` is its id, or null for many."""
