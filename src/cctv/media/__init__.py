"""Bytes and timestamps. The only wing that imports PyAV; it knows neither SQL nor HTTP.

Five rooms: ``coding`` (what is inside a coded picture), ``mp4`` (the files), ``rtsp`` (the cameras' language),
``intake`` (a camera's stream opened and given as samples) and ``stills`` (one picture of a recording). Beside them
lie what they share (``model``, ``errors``), the text of playlists (``hls``) and how live samples travel
(``live_wire``). Modules are their face. All are plain Python and small but two: ``intake`` loads PyAV only when a
camera needs libav, and ``stills.still`` always does, so it is run in a child process.
"""
