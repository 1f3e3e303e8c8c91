"""The county and its statements, as the tests of the flows have them."""

from tests.worker.flows.conftest import desk, environment, stage

__all__ = ["desk", "environment", "stage"]
