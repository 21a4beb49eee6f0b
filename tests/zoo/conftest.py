"""``feed`` is the one of tests/integration/feed: a petcam feed of its own, which ends with the test."""

from tests.integration.feed.conftest import feed

__all__ = ["feed"]
