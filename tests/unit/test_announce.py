"""How the page is announced in the network: ``debian/bin/announce``."""

import importlib.machinery
import importlib.util
import os
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from petcam.config import Camera, Config, Web

SCRIPT = Path(__file__).parents[2] / "debian/bin/announce"


@pytest.fixture(scope="module")
def script():
    loader = importlib.machinery.SourceFileLoader("announce", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("announce", loader))
    loader.exec_module(module)
    return module


def config(name="", **web):
    return replace(Config(), camera=Camera(name=name), web=Web(**web))


def parsed(text):
    group = ElementTree.fromstring(text.encode())
    return group.find("name"), group.find("service/type").text, int(group.find("service/port").text)


def test_it_has_the_cameras_name_and_the_pages_port(script):
    name, kind, port = parsed(script.service(config("ミケ & <Tama>", port=80)))
    assert (name.text, kind, port) == ("ミケ & <Tama>", "_http._tcp", 80)


def test_a_name_of_the_familys_is_taken_as_it_stands_and_avahi_puts_nothing_into_it(script):
    name, _, _ = parsed(script.service(config("100 %h")))
    assert (name.text, name.get("replace-wildcards")) == ("100 %h", "no")


def test_without_one_it_is_called_after_the_machine(script):
    name, _, _ = parsed(script.service(config()))
    assert (name.text, name.get("replace-wildcards")) == ("Pet camera on %h", "yes")


@pytest.mark.parametrize(
    ("name", "shown"), [("猫" * 40, "猫" * 21), ("a" * 40, "a" * 40), ("é" * 31 + " 猫", "é" * 31)]
)
def test_of_a_long_name_there_is_what_fits_whole_letters_only(script, name, shown):
    assert parsed(script.service(config(name)))[0].text == shown
    assert len(shown.encode()) <= 63


def test_it_is_written_as_a_whole_and_readable_for_avahi(script, tmp_path):
    file = tmp_path / "petcam.service"
    (tmp_path / ".petcam.service.new").write_text("half")  # a power cut has left it
    script.write(file, "猫")
    assert os.listdir(tmp_path) == [file.name]
    assert file.read_text(encoding="utf-8") == "猫" and file.stat().st_mode & 0o777 == 0o644


def test_the_same_is_not_written_again_and_another_is(script, tmp_path):
    file = tmp_path / "petcam.service"
    script.write(file, "one")
    before = file.stat().st_ino
    script.write(file, "one")
    assert file.stat().st_ino == before
    file.write_bytes(b"\xff")  # damaged
    script.write(file, "two")
    assert file.read_text() == "two"


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_page_for_this_machine_alone_is_announced_no_longer(script, tmp_path, host):
    file = tmp_path / "petcam.service"
    script.write(file, script.service(config()))
    script.write(file, script.service(config(host=host)))
    assert not file.exists()
    script.write(file, "")
