"""The environment of an installation, and its desk."""

from tests.worker.intake.conftest import desk, environment

__all__ = ["desk", "environment"]
