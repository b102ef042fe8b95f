"""What can go wrong between a recorder and an edge."""

from cctv.base.errors import TooMany, Unavailable


class FeedUnavailable(Unavailable):
    """No recorder holds this camera at the moment."""

    code = "feed_unavailable"
    message_ar = "لا يوجد مسجّل يتصل بهذه الكاميرا حالياً."


class TooManyFeeds(TooMany):
    """This server shows as many cameras as it can; close one or try again later."""

    code = "too_many_feeds"
    message_ar = "يعرض هذا الخادم أقصى عدد من الكاميرات؛ أغلق إحداها أو حاول لاحقاً."
