"""What identity counts."""

from prometheus_client import Counter

sign_ins = Counter("sign_ins_total", "Tries to sign in by how and with what result.", ["method", "result"])
for _method in ("password", "provider", "break_glass"):
    for _result in ("done", "refused", "locked"):
        sign_ins.labels(_method, _result)

break_glass_sign_ins = Counter("break_glass_sign_ins_total", "Uses of the sealed account; each is an alarm.")
refused_credentials = Counter(
    "refused_credentials_total", "Sessions, keys and tokens that were shown and were not good.", ["kind"]
)
for _kind in ("session", "key", "token"):
    refused_credentials.labels(_kind)
