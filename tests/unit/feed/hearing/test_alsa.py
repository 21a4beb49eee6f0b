"""The calls into ALSA's library, with one of the tests' in its place."""

import errno

import pytest

from petcam.errors import Code, PetcamError
from petcam.feed.hearing import alsa


class CLibrary:
    """Every function gives 0, but for those in ``results``."""

    def __init__(self, **results):
        self.results, self.called = results, []

    def __getattr__(self, name):
        def function(*arguments):
            self.called.append(name)
            if name == "snd_pcm_open":
                arguments[0]._obj.value = 1
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


def test_one_that_cannot_even_be_closed_does_not_hide_why_and_is_closed_once(opened):
    pcm, library = opened(snd_pcm_close=-errno.ENODEV)
    with pytest.raises(PetcamError, match="was unplugged"), pcm:
        raise PetcamError(Code.BAD_SOURCE, "the microphone was unplugged")
    pcm.close()
    assert library.called.count("snd_pcm_close") == 1


def test_the_reason_why_it_cannot_be_set_up_is_not_hidden_either(opened):
    with pytest.raises(OSError, match=r"\[Errno 22\]"):
        opened(snd_pcm_hw_params=-errno.EINVAL, snd_pcm_close=-errno.ENODEV)


def test_where_alsa_is_not_installed_the_command_for_it_is_said():
    with pytest.raises(PetcamError) as failed:
        alsa.Library("libasound-is-not-here.so.2")
    assert failed.value.code is Code.UNSUPPORTED and failed.value.message.endswith(": sudo apt install alsa-utils")
