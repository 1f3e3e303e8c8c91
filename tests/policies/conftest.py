"""Each run of the tests reads the notices anew: a run inside another one must not inherit what that one has read."""

from policies.load import load_notice
from tests.policies.every_notice import notice_called


def pytest_sessionstart() -> None:
    """Mutation testing forks a run that has already read every notice; what was read then must not be believed."""
    load_notice.cache_clear()
    notice_called.cache_clear()
