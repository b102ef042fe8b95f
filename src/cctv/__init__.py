"""RTA CCTV: the video management system. The rooms and their doors are drawn in docs/architecture.md."""
