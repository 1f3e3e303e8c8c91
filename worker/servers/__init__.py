"""The embedded PostgreSQL and Redis-compatible broker that wheels bring along."""

from worker.servers.errors import HomeRefused, ServersError, StartFailed
from worker.servers.lifecycle import Servers, ServerStatus, Urls, open_servers

__all__ = ["HomeRefused", "ServerStatus", "Servers", "ServersError", "StartFailed", "Urls", "open_servers"]
