"""The files: fragmented MP4 written and read back (ISO/IEC 14496-12, 14496-15), and the plain kind for downloads.

``fmp4`` is how they are written, ``scan`` how a file is read whose end nobody knows, ``index`` what the catalogue
keeps of one.
"""
