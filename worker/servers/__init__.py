"""The embedded PostgreSQL and Redis-compatible broker that wheels bring along."""

from worker.servers.errors import HomeRefused, ServersError, StartFailed
from worker.servers.home import default_home
from worker.servers.lifecycle import Servers, ServerStatus, Urls

__all__ = ["HomeRefused", "ServerStatus", "Servers", "ServersError", "StartFailed", "Urls", "default_home"]
