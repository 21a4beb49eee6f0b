"""The calls into ALSA's library, with one of the tests' in its place."""

import pytest

from petcam.feed.hearing import alsa


class CLibrary:
    """Every function gives 0, but for those in ``results``."""

    def __init__(self, **results):
        self.results, self.called = results, []

    def __getattr__(self, name):
        def function(*_):
            self.called.append(name)
            return self.results.get(name, 0)

        return function


@pytest.fixture
def opened():
    def make(**results):
        library = object.__new__(alsa.Library)
        library._library = CLibrary(**results)
        return alsa.Pcm(library, "test"), library._library

    return make


def test_what_stands_for_the_result_of_a_function_without_one_is_no_error(opened):
    freed = dict.fromkeys(("snd_pcm_hw_params_free", "snd_pcm_sw_params_free"), -1_234_567)
    pcm, library = opened(**freed)
    assert (pcm.rate, pcm.channels) == (48_000, 1) and set(freed) <= set(library.called)
