"""Live pictures over WebSocket for Media Source Extensions: the edge's door to viewers."""

from cctv.viewing.live.routes import router

__all__ = ["router"]
