import os
import signal
import threading

from petcam.system.signals import Signals


def test_wait_returns_a_signal():
    with Signals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.wait(10) is signal.SIGTERM
        assert signals.wait(0) is None


def test_wait_returns_signals_in_their_order():
    with Signals({signal.SIGUSR1, signal.SIGUSR2}) as signals:
        os.kill(os.getpid(), signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR2)
        assert [signals.wait(10), signals.wait(10)] == [signal.SIGUSR1, signal.SIGUSR2]


def test_wait_returns_a_signal_that_another_thread_got():
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


def test_the_previous_handler_is_restored():
    before = signal.getsignal(signal.SIGTERM)
    with Signals():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
