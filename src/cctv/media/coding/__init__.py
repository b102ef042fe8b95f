"""Inside a coded picture: NAL units and parameter sets, and what a decoder or a browser must be told of them.

H.264 (ITU-T H.264) and H.265 (ITU-T H.265); of JPEG only its header.
"""
