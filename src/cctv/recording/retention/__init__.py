"""Retention: what is kept how long and where, and room on the disks before it is needed."""

from cctv.recording.retention.cleaner import Cleaner
from cctv.recording.retention.settings import RetentionSettings
from cctv.recording.retention.uploads import Uploads

__all__ = ["Cleaner", "RetentionSettings", "Uploads"]
