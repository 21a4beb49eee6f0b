"""The thread that speaks to the broker, and what the rest of petcam-events says to it."""

import logging
import select
import threading
import time
from collections.abc import Callable

from petcam.errors import PetcamError
from petcam.home_assistant.announcer import Announcer
from petcam.home_assistant.broker import Broker, Notify, broker_of
from petcam.home_assistant.connection import Connection
from petcam.home_assistant.device import Device
from petcam.home_assistant.entities import Names, Words
from petcam.home_assistant.farewell import say_farewell
from petcam.home_assistant.last_picture import LastPicture, MomentOf
from petcam.home_assistant.mailbox import Mailbox
from petcam.home_assistant.memory import Memory, Told
from petcam.home_assistant.outbox import Message, Outbox
from petcam.home_assistant.paho import REMEDY, is_installed
from petcam.home_assistant.pauses import Pauses
from petcam.home_assistant.session import Session
from petcam.home_assistant.snapshot import Snapshot
from petcam.home_assistant.standing import Standing, Way
from petcam.home_assistant.switches import Commands, Switches
from petcam.home_assistant.topics import OFFLINE, Topics
from petcam.telling.happening import Happening

FAREWELLS = 10  # tries where no broker is configured any more
JOIN_SECONDS = 4.0  # that stop waits; a name that is just being looked up cannot be interrupted

log = logging.getLogger("petcam.events")


class HomeAssistant:
    """``start`` and ``stop`` it. ``take`` and ``tick`` are for another thread, which never waits for the broker."""

    def __init__(
        self,
        notify: Notify,
        memory: Memory,
        device: Device,
        words: Words,
        commands: Commands,
        moment: MomentOf,
    ) -> None:
        """``commands`` are called in the thread of the broker's, ``moment`` in one of its own."""
        self._broker, self._memory, self._device = broker_of(notify), memory, device
        self._words = words
        self._switches = Switches(commands)
        self._standing = Standing()
        self._mailbox = Mailbox()
        self._picture = LastPicture(moment, self._mailbox.show_picture)
        self._outbox = Outbox()
        self._thread = threading.Thread(target=self._run, name="home assistant", daemon=True)
        self._is_started = False
        self._unshown: Snapshot | None = None  # of the thread alone

    @property
    def way(self) -> Way | None:
        """How it goes; None: there is nobody to be told. Never waits."""
        return self._standing.way

    def start(self) -> None:
        """What keeps it from speaking is a trouble: pets are noticed all the same."""
        try:
            self._memory.load()
        except PetcamError as error:
            if self._broker:
                self._standing.tries(self._broker.name)
                self._standing.fails(error.message)
            return
        if not self._broker and not self._memory.told:
            return
        if self._broker:
            self._standing.tries(self._broker.name)
        if not is_installed():
            self._standing.fails(f"paho-mqtt is not installed: {REMEDY}; sudo systemctl restart petcam.target")
            return
        self._is_started = True
        self._picture.start()
        self._thread.start()

    def stop(self) -> None:
        """Says to the broker that petcam ends. May be called twice, and without ``start``."""
        self._mailbox.end()
        if self._is_started:
            self._thread.join(JOIN_SECONDS)
            self._picture.stop(JOIN_SECONDS)
        if not self._thread.is_alive():
            self._mailbox.close()

    def take(self, happening: Happening) -> None:
        self._mailbox.put(happening, time.monotonic())

    def tick(self, snapshot: Snapshot) -> None:
        """To be called some times a second."""
        self._mailbox.show(snapshot)

    def _run(self) -> None:
        topics = Topics(self._memory.identity)
        others = [told for told in self._memory.told if not (self._broker and told.broker.is_at(self._broker))]
        for told in others:
            self._leave(told, topics, tries=1 if self._broker else FAREWELLS)
        if self._broker:
            self._speak(self._broker, topics)

    def _speak(self, broker: Broker, topics: Topics) -> None:
        told = self._memory.of(broker)
        announcer = Announcer(
            topics, self._device, self._memory, told, self._outbox, lambda language: Names(self._words, language)
        )
        session = Session(topics, announcer, self._outbox, self._switches)
        pauses = Pauses()
        self._standing.tries(broker.name)
        while not self._mailbox.ends:
            began = time.monotonic()
            self._try(lambda: self._connect(broker, told, topics, announcer, session))
            self._rest(pauses.after(time.monotonic() - began), lambda: self._hear(announcer))

    def _connect(self, broker: Broker, told: Told, topics: Topics, announcer: Announcer, session: Session) -> None:
        """Until it is lost, which is raised, or petcam ends."""
        self._hear(announcer)
        connection = Connection(broker, topics.device, Message(topics.availability, OFFLINE), session.receive)
        try:
            connection.open()
            self._memory.take_up(told, broker)  # else the next start would be another device
            self._standing.connected()
            session.begin(connection)
            while not self._mailbox.ends:
                self._hear(announcer)
                session.turn(connection, self._mailbox.fileno())
            self._hear(announcer)
            session.leave(connection)
        finally:
            connection.drop()

    def _hear(self, announcer: Announcer) -> None:
        """Take what others have said meanwhile."""
        mail = self._mailbox.take()
        for at, happening in mail.happenings:
            announcer.tell(happening, at)
            if happening.kind == "visit" and happening.state != "change":
                self._picture.want(happening.id)
        if mail.picture:
            announcer.show_picture(mail.picture)
        self._unshown = mail.snapshot or self._unshown
        if self._unshown:
            announcer.show(self._unshown)
            self._unshown = None

    def _leave(self, told: Told, topics: Topics, tries: int) -> None:
        """A broker that is not configured any more."""
        self._standing.tries(told.broker.name)
        pauses = Pauses()
        for _ in range(tries):
            if self._mailbox.ends:
                return
            if self._try(lambda: say_farewell(told, topics)) and self._try(lambda: self._memory.forget(told)):
                log.info("%s: petcam is removed there", told.broker.name)
                self._standing.rests()
                return
            self._rest(pauses.after(0.0) if tries > 1 else 0.0, self._mailbox.take)
        log.warning("%s still has %s, which Home Assistant shows as a device", told.broker.name, topics.discovery)
        if self._broker:
            self._standing.rests()

    def _try(self, do: Callable[[], object]) -> bool:
        """Whether it was done; why not is a trouble from then on."""
        try:
            do()
            return True
        except PetcamError as error:
            self._standing.fails(error.message)
        except Exception as error:  # a defect, of ours or of the library: the thread goes on
            log.exception("MQTT")
            self._standing.fails(f"a defect of petcam: {error!r}")
        return False

    def _rest(self, seconds: float, hear: Callable[[], object]) -> None:
        until = time.monotonic() + seconds
        poll = select.poll()
        poll.register(self._mailbox, select.POLLIN)
        while not self._mailbox.ends and (left := until - time.monotonic()) > 0:
            poll.poll(left * 1000)
            self._try(hear)
