import os
import signal
import threading

from petcam.system.signals import Signals


def test_a_signal_is_handed_out():
    with Signals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.wait(10) is signal.SIGTERM
        assert signals.wait(0) is None


def test_signals_are_handed_out_in_their_order():
    with Signals({signal.SIGUSR1, signal.SIGUSR2}) as signals:
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR2)
        assert [signals.wait(10), signals.wait(10)] == [signal.SIGUSR1, signal.SIGUSR2]


def test_a_signal_that_another_thread_gets_is_handed_out_too():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        with Signals() as signals:
            done = threading.Event()

            def take():
                signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
                os.kill(os.getpid(), signal.SIGTERM)
                done.wait()

            thread = threading.Thread(target=take)
            thread.start()
            assert signals.wait(10) is signal.SIGTERM
            done.set()
            thread.join()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


def test_what_was_before_is_put_back():
    before = signal.getsignal(signal.SIGTERM)
    with Signals():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
