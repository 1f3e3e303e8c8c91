"""Pooled HTTP connections that are bounded in time and size, and that follow no redirect.

A read timeout of sockets counts from byte to byte, so a neighbour that drips one byte a second would hold a worker for
hours. Here the reply as a whole, headers included, has to be complete within the timeout.
"""

from __future__ import annotations

import io
import os
import socket
import time
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, NamedTuple

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_CHUNK = 256 * 1024


class Reply(NamedTuple):
    """A complete reply; ``headers`` has lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


class ReplyTooLarge(Exception):
    """The reply passed the size that we are ready to hold in memory."""


class UntrustedReply(Exception):
    """The reply does not prove that the neighbour sent it: it says nothing about what was done."""


class _UntilDeadline(io.RawIOBase):
    """The reading end of a socket, which may take ``seconds`` from now for everything that is read through it."""

    def __init__(self, stream: io.RawIOBase, sock: socket.socket, seconds: float) -> None:
        self._stream, self._sock = stream, sock
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the reply was not complete in time")
        self._sock.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    """A response whose socket timeout, set just before it is read, counts for the whole of it."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        seconds = sock.gettimeout()
        if seconds is not None:
            buffered: Any = self.fp
            self.fp = io.BufferedReader(_UntilDeadline(buffered.detach(), sock, seconds))


class _Connection(HTTPConnection):
    response_class = _BoundedResponse


class _SecureConnection(HTTPSConnection):
    response_class = _BoundedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _BoundedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


class Transport:
    """Sessions to one address: one for each process, since a connection must not cross a fork."""

    def __init__(self, headers: dict[str, str], reply_bytes: int, authority: Path | None) -> None:
        self._headers = headers
        self._authority = authority
        self._reply_bytes = reply_bytes
        self._session: requests.Session | None = None
        self._process = 0

    def exchange(
        self,
        method: str,
        url: str,
        *,
        timeout: tuple[float, float],
        headers: dict[str, str] | None = None,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """One request and its complete reply; ``timeout``: seconds to connect, seconds for the reply.

        Raises what requests and urllib3 raise, and ``ReplyTooLarge``.
        """
        with self._session_here().request(
            method,
            url,
            params=params,
            data=body,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            received = bytearray()
            for chunk in response.iter_content(_CHUNK):
                received += chunk
                if len(received) > self._reply_bytes:
                    raise ReplyTooLarge(f"the reply is larger than {self._reply_bytes} bytes")
            names = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status_code, names, bytes(received))

    def close(self) -> None:
        """Close the connections of this process."""
        if self._session is not None and self._process == os.getpid():
            self._session.close()
        self._session = None

    def _session_here(self) -> requests.Session:
        if self._session is None or self._process != os.getpid():
            session = requests.Session()
            session.trust_env = False
            session.verify = str(self._authority) if self._authority else True
            session.headers.clear()
            session.headers.update(self._headers)
            adapter = _BoundedAdapter(pool_connections=2, pool_maxsize=4, max_retries=0)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            self._session, self._process = session, os.getpid()
        return self._session
