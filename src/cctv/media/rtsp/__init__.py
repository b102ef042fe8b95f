"""A camera's stream over RTSP with RTP inside the connection (RFC 2326, RFC 3550), in plain Python.

Speaks to one camera and takes its packets to pieces, in bulk: a call to the kernel for what has come, not for
each packet. What it does not speak (other transports, encryption, codecs that are neither H.264 nor H.265) it
says so with ``NotSpoken``, and libav takes over.
"""
