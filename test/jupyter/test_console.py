"""`jupyter console`: the same conversation in a terminal, by this kernel and by ipykernel."""

import os
import re
import sys

import pytest

pexpect = pytest.importorskip("pexpect", reason="there is no terminal to test in on Windows")

LIMIT = 120
ANSI = re.compile(r"\x1b\[[\d;?]*[A-Za-z]|\x1b[=>()][A-Z0-9]?")

TYPESCRIPT = {
    "kernel": "cellscope",
    "banner": "Cellscope|TypeScript",
    "set": "const twenty: number = 20;",
    "use": "twenty + 22",
    "print": 'console.log("begun"); while (true) {}',
    "interrupted": "Interrupted",
    "fail": 'throw new TypeError("boom");',
    "ask": 'prompt("who?")',
    "root": ("Math.sq", "(1764)"),
}
PYTHON = {
    "kernel": "python3",
    "banner": "Python 3",
    "set": "import math; twenty = 20",
    "use": "twenty + 22",
    "print": "print('begun', flush=True); exec('while True: pass')",
    "interrupted": "KeyboardInterrupt",
    "fail": "raise TypeError('boom')",
    "ask": "input('who? ')",
    "root": ("math.sq", "(1764)"),
}


def marked(name, number):
    """A prompt as a terminal with colours shows it."""
    colours = r"(?:\x1b\[[\d;]*m)*"
    return rf"{name} ?\[{colours}{number}{colours}\]: {colours}"


class Console:
    """A console that is spoken to line by line."""

    def __init__(self, kernel, simple=True):
        options = ["--simple-prompt"] if simple else []
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "jupyter_console", *options, "--kernel", kernel],
            # Nobody answers where the cursor is.
            env={**os.environ, "TERM": "dumb" if simple else "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"},
            encoding="utf8",
            codec_errors="replace",
            timeout=LIMIT,
            dimensions=(50, 200),
            echo=False,
        )

    def expect(self, pattern):
        self.child.expect(pattern)
        return ANSI.sub("", self.child.before)

    def prompt(self, number):
        return self.expect(rf"In \[{number}\]: ")

    def send(self, line):
        self.child.sendline(line)

    def leave(self):
        # Ctrl-D.
        self.child.sendeof()
        self.expect(r"exit")
        self.child.send("y\r")
        self.expect(pexpect.EOF)

    def close(self):
        self.child.close(force=True)


@pytest.fixture(params=[TYPESCRIPT, PYTHON], ids=lambda language: language["kernel"])
def language(request):
    return request.param


def open_console(language):
    """A console at its second prompt, and its banner."""
    # Of ipykernel, now and then, the console never hears that the first cell has ended: it is begun again.
    for limit in [LIMIT] if language is TYPESCRIPT else [20, 20, LIMIT]:
        console = Console(language["kernel"])
        try:
            banner = console.prompt(1)
            console.send(language["set"])
            console.child.expect(r"In \[2\]: ", timeout=limit)
            return console, banner
        except pexpect.TIMEOUT:
            console.close()
    pytest.fail(f"{language['kernel']} did not come to its second prompt.")


@pytest.fixture
def begun(language):
    console, banner = open_console(language)
    yield console, banner
    console.close()


def test_a_conversation(begun, language):
    console, banner = begun
    assert re.search(language["banner"], banner)

    console.send(language["use"])
    console.expect(r"Out\[2\]: 42")
    console.prompt(3)

    console.send(language["fail"])
    assert "TypeError: boom" in console.prompt(4)

    console.send(language["ask"])
    console.expect(r"who\? ")
    console.send("seven")
    console.expect(r"Out\[4\]: 'seven'")
    console.prompt(5)

    console.leave()


def test_control_c_interrupts_a_cell_and_keeps_the_variables(begun, language):
    console, _ = begun
    console.send(language["print"])
    console.expect("begun")
    console.child.sendintr()
    assert language["interrupted"] in console.prompt(3)
    console.send(language["use"])
    console.expect(r"Out\[3\]: 42")


def test_tab_completes_and_the_arrow_brings_back_what_an_earlier_session_ran(language):
    for number in (1, 2):
        console = Console(language["kernel"], simple=False)
        try:
            console.expect(marked("In", 1))
            if number == 1:
                console.child.send(language["set"] + "\r")
                console.expect(marked("In", 2))
                begin, end = language["root"]
                console.child.send(begin + "\t")
                # Drawn anew as a whole, or only what is new, depending on how quick the answer was.
                console.expect(rf"sq(?:{ANSI.pattern})*rt")
                console.child.send(end + "\r")
                console.expect(marked("Out", 2) + r"42\b")
                console.expect(marked("In", 3))
                console.child.send(language["use"] + "\r")
                console.expect(marked("Out", 3) + r"42\b")
                console.expect(marked("In", 4))
            else:
                # The variable is gone, and what was typed is still there.
                console.child.send("\x1b[A")
                console.expect("twenty")
                console.child.send("\r")
                console.expect("Error")
                console.expect(marked("In", 2))
            console.leave()
        finally:
            console.close()
