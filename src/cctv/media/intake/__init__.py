"""A camera's stream, opened and given as coded samples with times that only move forward.

``demux`` opens it, by our own RTSP or by libav; ``probe`` tells what it is. Both block: a thread's
work.
"""
