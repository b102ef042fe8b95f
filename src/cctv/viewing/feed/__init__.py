"""One upstream per watched camera stream, however many watch: what live pictures and WebRTC share."""

from cctv.viewing.feed.errors import FeedUnavailable, TooManyFeeds
from cctv.viewing.feed.feeds import Feeds
from cctv.viewing.feed.model import Announced, FeedState, Frame, Message, Stream
from cctv.viewing.feed.origin import Origin, Origins
from cctv.viewing.feed.settings import FeedSettings
from cctv.viewing.feed.viewer import Viewer

__all__ = [
    "Announced",
    "FeedSettings",
    "FeedState",
    "FeedUnavailable",
    "Feeds",
    "Frame",
    "Message",
    "Origin",
    "Origins",
    "Stream",
    "TooManyFeeds",
    "Viewer",
]
