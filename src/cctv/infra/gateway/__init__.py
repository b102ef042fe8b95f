"""The one origin that browsers see: nginx, its configuration made from a dataclass, run as our child."""

from cctv.infra.gateway.config import Gateway, Inside, Route, Upstream
from cctv.infra.gateway.nginx import EmbeddedNginx, end_group, find_nginx

__all__ = ["EmbeddedNginx", "Gateway", "Inside", "Route", "Upstream", "end_group", "find_nginx"]
