"""What the policy counts."""

from prometheus_client import Counter

refused_total = Counter("access_refused_total", "Requests refused for want of a right, by need.", ["need"])
for _kind in ("sign_in", "system", "cameras", "some_camera"):
    refused_total.labels(_kind)
