"""What a person sees of a notebook: JupyterLab in a browser without a window, and `jupyter console`
in a terminal. `lab.py SCENE` runs one; pictures go to the folder that SWOOP_PICTURES names."""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib

import nbformat

from client import SLOW, equal


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(what, look, seconds=60):
    """What `look` answers once that is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}; seen: {look()}")


class Browser:
    """Chromium, driven by its protocol for developers."""

    def __init__(self, folder):
        import websocket
        self.log = open(f"{folder}/chromium.log", "wb")
        profile = f"{folder}/profile"
        self.process = subprocess.Popen(
            [shutil.which("chromium"), "--headless=new", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run",
             "--window-size=1100,1500", "--remote-debugging-port=0", f"--user-data-dir={profile}",
             "about:blank"], stdout=self.log, stderr=self.log)
        told = f"{profile}/DevToolsActivePort"
        port = until("the browser listens",
                     lambda: os.path.exists(told) and open(told).read().split("\n")[0])
        pages = until("a page", lambda: [
            page for page in json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
            if page["type"] == "page"])
        self.socket = websocket.create_connection(
            pages[0]["webSocketDebuggerUrl"], timeout=120, suppress_origin=True)
        self.count = 0
        # As if a person looked at it.
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)

    def end(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(20)
        self.log.close()

    def call(self, method, **values):
        self.count += 1
        self.socket.send(json.dumps({"id": self.count, "method": method, "params": values}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.count:
                assert "error" not in answer, (method, answer)
                return answer["result"]

    def ask(self, script):
        """The value of an expression in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, (script, answer)
        return answer["result"].get("value")

    def wait(self, script, seconds=60):
        return until(script, lambda: self.ask(script), seconds)

    def picture(self, name, selector):
        """A picture of an element as it looks now; how many colours are in it."""
        box = self.ask(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            "return {x: b.x + window.scrollX, y: b.y + window.scrollY, width: b.width,"
            "height: Math.min(b.height, 1200), scale: 1}; })()")
        assert box["width"] > 50 and box["height"] > 10, (name, box)
        data = base64.b64decode(self.call("Page.captureScreenshot", format="png", clip=box)["data"])
        folder = os.environ.get("SWOOP_PICTURES")
        if folder:
            with open(f"{folder}/{name}.png", "wb") as file:
                file.write(data)
        return colours(data)


def colours(png):
    """The different colours of a PNG."""
    place, data = 8, b""
    while place < len(png):
        length = int.from_bytes(png[place:place + 4])
        kind, body = png[place + 4:place + 8], png[place + 8:place + 8 + length]
        if kind == b"IHDR":
            width, height = int.from_bytes(body[:4]), int.from_bytes(body[4:8])
            size = {2: 3, 6: 4}[body[9]]
        if kind == b"IDAT":
            data += body
        place += 12 + length
    rows, before, seen = zlib.decompress(data), bytes(width * size), set()
    for top in range(height):
        start = top * (width * size + 1)
        line = bytearray(rows[start + 1:start + 1 + width * size])
        for i in range(len(line)):
            left = line[i - size] if i >= size else 0
            up, corner = before[i], before[i - size] if i >= size else 0
            near = left + up - corner
            nearest = min((abs(near - left), 0, left), (abs(near - up), 1, up),
                          (abs(near - corner), 2, corner))[2]
            line[i] = (line[i] + (0, left, up, (left + up) // 2, nearest)[rows[start]]) & 255
        seen.update(bytes(line[i:i + 3]) for i in range(0, len(line), size))
        before = bytes(line)
    return len(seen)


class Lab:
    """JupyterLab with a notebook open in a browser."""

    def __init__(self, cells):
        self.folder = tempfile.mkdtemp(prefix="swoop-lab-")
        book = nbformat.v4.new_notebook(
            metadata={"kernelspec": {"name": "swoop", "display_name": "Swift (Swoop)",
                                     "language": "swift"}})
        book.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
        self.file = f"{self.folder}/scene.ipynb"
        nbformat.write(book, self.file)
        self.count = len(cells)
        # Every cell is in the page, and nothing asks a question at the start.
        settings = f"{self.folder}/settings/@jupyterlab"
        for name, values in [
                ("notebook-extension/tracker", {"windowingMode": "none"}),
                ("apputils-extension/notification", {"fetchNews": "false", "checkForUpdates": False})]:
            os.makedirs(os.path.dirname(f"{settings}/{name}"), exist_ok=True)
            with open(f"{settings}/{name}.jupyterlab-settings", "w") as file:
                json.dump(values, file)
        port = free_port()
        self.log = open(f"{self.folder}/lab.log", "wb")
        self.server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
             "--ip=127.0.0.1", f"--port={port}", "--IdentityProvider.token=scene",
             f"--ServerApp.root_dir={self.folder}", "--expose-app-in-browser"],
            stdout=self.log, stderr=self.log, env={
                **os.environ, "JUPYTERLAB_SETTINGS_DIR": f"{self.folder}/settings",
                "JUPYTERLAB_WORKSPACES_DIR": f"{self.folder}/workspaces",
                "JUPYTER_CONFIG_DIR": f"{self.folder}/configuration",
                "JUPYTER_RUNTIME_DIR": f"{self.folder}/runtime"})
        self.address = f"http://127.0.0.1:{port}"
        self.browser = None

    def __enter__(self):
        try:
            until("the server answers", self.answers, 90)
            self.browser = Browser(self.folder)
            self.browser.call(
                "Page.navigate", url=f"{self.address}/lab/tree/scene.ipynb?token=scene")
            self.wait(f"document.querySelectorAll('.jp-Notebook .jp-CodeCell').length == {self.count}", 90)
            self.browser.ask(
                "var panel = [...jupyterapp.shell.widgets('main')].find(e => e.content?.widgets);"
                "jupyterapp.shell.activateById(panel.id)")
            self.wait("panel.context.sessionContext.session?.kernel?.status == 'idle'")
            self.wait("jupyterapp.shell.currentWidget == panel")
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_):
        if self.browser:
            if kind:
                print("the page:", self.browser.ask("document.body.innerText")[-3000:])
            self.browser.end()
        self.server.terminate()
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
        self.log.close()
        if kind:
            print(open(f"{self.folder}/lab.log").read()[-3000:])
        shutil.rmtree(self.folder, ignore_errors=True)

    def answers(self):
        assert self.server.poll() is None, open(f"{self.folder}/lab.log").read()[-3000:]
        try:
            return urllib.request.urlopen(f"{self.address}/api?token=scene").status == 200
        except OSError:
            return False

    def wait(self, script, seconds=60):
        return self.browser.wait(f"!!({script})", seconds)

    def command(self, name):
        """Does what a menu's entry or a key does; it is not waited for."""
        self.browser.ask(f"void jupyterapp.commands.execute('{name}')")

    def text(self, cell, part=".jp-OutputArea-output"):
        """What stands under a cell, or in another part of it."""
        return self.browser.ask(
            f"[...document.querySelectorAll('.jp-Notebook .jp-CodeCell')[{cell}]"
            f".querySelectorAll('{part}')].map(e => e.innerText.trim()).join('\\n')")

    def prompts(self):
        return [self.text(cell, ".jp-InputPrompt").strip() for cell in range(self.count)]

    def write(self, cell, code):
        """Makes a cell the current one, with this text."""
        self.browser.ask(
            "(() => { const book = panel.content;"
            f"book.activeCellIndex = {cell}; book.mode = 'edit';"
            f"book.activeCell.model.sharedModel.setSource({json.dumps(code)});"
            "const e = book.activeCell.editor; e.focus();"
            "e.setCursorPosition(e.getPositionAt(e.model.sharedModel.getSource().length)); })()")

    def wait_for_end(self, numbers, seconds=90):
        until(f"prompts {numbers}", lambda: self.prompts() == numbers, seconds)


def lab():
    cells = [
        "import Swoop\n" + SLOW,
        "let values = try await cluster.remotely { remote in remote.map(0..<24, slow) }\n"
        "try await values.values.count",
        "@Record struct Row { var n: Int; var name: String; var half: Double }\n"
        "@Remote func row(_ i: Int) -> Row { Row(n: i, name: \"<\\(i)>\", half: Double(i) / 2) }\n"
        "let rows = try await cluster.remotely { remote in remote.range(0..<10_000).map(row).stored() }\n"
        "rows",
        "let halves = try await cluster.remotely { _ in rows.map(\\.half).stored() }\n"
        "try await Plot.histogram(halves, bins: 20).titled(\"halves\")",
        "\"the end\"",
    ]
    with Lab(cells) as book:
        began = time.monotonic()
        book.command("notebook:run-all-cells")
        until("live cores", lambda: "cores busy" in book.text(1) and "slow" in book.text(1))
        equal(book.text(1, ".jp-InputPrompt").strip(), "[*]:")
        # Cells are marked by their place: other elements may stand between them.
        book.browser.ask("document.querySelectorAll('.jp-Notebook .jp-CodeCell')"
                         ".forEach((e, i) => e.classList.add('scene-' + i))")
        live = ".scene-1"
        assert book.browser.picture("live-cores", live) > 10
        equal(book.text(1, ".jp-InputPrompt").strip(), "[*]:")
        book.wait_for_end([f"[{n}]:" for n in range(1, 6)])
        print(f"all cells in {time.monotonic() - began:.1f} s")
        # The same place holds the line that stays; the value stands beneath it.
        summary = book.text(1)
        assert "24 of 24 tasks in" in summary and "core-seconds" in summary, summary
        assert "cores busy" not in summary and summary.rstrip().endswith("24"), summary
        assert book.browser.picture("summary", live) > 10
        rows = book.browser.ask("document.querySelectorAll('.scene-2 .jp-RenderedHTML tr').length")
        equal(rows, 11)
        assert "<1>" in book.text(2) and "10,000 of Row" in book.text(2), book.text(2)
        assert book.browser.picture("table", ".scene-2") > 10
        book.wait("[...document.querySelectorAll('.scene-3 .jp-RenderedSVG img')]"
                  ".some(e => e.complete && e.naturalWidth > 100)")
        assert book.browser.picture("plot", ".scene-3 .jp-RenderedSVG") > 10
        # Restart and run all: a new session, the same answers.
        book.command("notebook:restart-run-all")
        book.wait("document.querySelector('.jp-Dialog .jp-mod-accept')")
        book.browser.ask("document.querySelector('.jp-Dialog .jp-mod-accept').click()")
        until("the first cells run again", lambda: "[*]:" in book.prompts())
        book.wait_for_end([f"[{n}]:" for n in range(1, 6)])
        equal(book.text(4).strip(), '"the end"')
        assert "24 of 24 tasks in" in book.text(1), book.text(1)
        # An interrupt from the menu, of the cell and of its work on the cores.
        book.write(4, "try await cluster.remotely { remote in remote.map(0..<9999, slow) }.values.count")
        book.command("notebook:run-cell")
        until("the work is shown", lambda: "cores busy" in book.text(4))
        began = time.monotonic()
        book.command("notebook:interrupt-kernel")
        until("the cell ends", lambda: "Interrupted: the cell was stopped" in book.text(4))
        took = time.monotonic() - began
        print(f"interrupted in {took:.2f} s")
        assert took < 1.5, took
        book.write(4, "values.count")
        book.command("notebook:run-cell")
        until("the variables are there", lambda: book.text(4).strip() == "24")
        # An error as a person sees it.
        book.write(4, "let wrong: Int = \"a\"")
        book.command("notebook:run-cell")
        until("an error", lambda: "^~~" in book.text(4))
        assert "error: cannot convert value of type 'String'" in book.text(4), book.text(4)
        # Completion by the key for it.
        book.write(4, "values.cou")
        # JupyterLab waits a second for names, and the first answer may take longer: a person
        # presses the key again.
        names = "[...document.querySelectorAll('.jp-Completer-item')].map(e => e.innerText).join()"
        for last in (False, False, False, False, True):
            book.command("completer:invoke-notebook")
            try:
                until("names to choose from", lambda: "count" in book.browser.ask(names), 5)
                break
            except AssertionError:
                if last:
                    raise
        assert book.browser.picture("completion", ".scene-4") > 5
        book.browser.ask("jupyterapp.commands.execute('completer:select-notebook')")
        # What a name is, by the key for it.
        book.write(4, "slow(")
        book.command("tooltip:launch-notebook")
        until("a signature", lambda: "func slow(_ i: Int) -> Int" in book.browser.ask(
            "document.querySelector('.jp-Tooltip')?.innerText ?? ''"))
        book.command("tooltip:dismiss")
        # What is saved.
        book.command("docmanager:save")
        saved = until("the file", lambda: (lambda text: "24 of 24 tasks in" in text and text)(
            open(book.file).read()))
        assert "cores busy" not in saved
    print("done")


class Terminal:
    """A terminal of 110 columns in which a command runs."""

    def __init__(self, command):
        self.folder = tempfile.mkdtemp(prefix="swoop-terminal-")
        self.tmux("new-session", "-d", "-x", "110", "-y", "50", command)

    def tmux(self, *arguments):
        done = subprocess.run(["tmux", "-f", "/dev/null", "-S", f"{self.folder}/socket", *arguments],
                              capture_output=True, text=True, check=True)
        return done.stdout

    @property
    def screen(self):
        return self.tmux("capture-pane", "-p", "-S", "-500")

    def type(self, text, key="Enter"):
        self.tmux("send-keys", "-l", text)
        if key:
            self.tmux("send-keys", key)

    def wait(self, words, seconds=60):
        return until(words, lambda: words in self.screen and self.screen, seconds)

    def end(self):
        subprocess.run(["tmux", "-S", f"{self.folder}/socket", "kill-server"], capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def console():
    terminal = Terminal(f"{sys.executable} -m jupyter_console --kernel swoop")
    try:
        terminal.wait("Swift cells, and a cluster under them")
        terminal.wait("In [1]:")
        terminal.type("6 * 7")
        terminal.wait("Out[1]: 42")
        # A line that is not complete is gone on with; an empty one ends it.
        terminal.type("func twice(_ i: Int) -> Int {")
        terminal.wait("...:")
        terminal.type("2 * i }")
        terminal.type("", "Enter")
        terminal.wait("In [3]:")
        terminal.type("twice(21) + 1")
        terminal.wait("Out[3]: 43")
        terminal.type("let wrong: Int = \"a\"")
        terminal.wait("error: cannot convert value of type 'String'")
        terminal.wait("In [5]:")
        terminal.type("print(\"printed\"); try await Task.sleep(for: .seconds(1)); print(\"later\")")
        terminal.wait("later")
        terminal.wait("In [6]:")
        terminal.type("while true {}")
        time.sleep(1.5)
        began = time.monotonic()
        terminal.tmux("send-keys", "C-c")
        terminal.wait("Interrupted: the cell was stopped")
        print(f"interrupted in {time.monotonic() - began:.2f} s")
        terminal.wait("In [7]:")
        terminal.type("import Swoop; " + " ".join(SLOW.split()).replace("{ var x = i for", "{ var x = i; for")
                      .replace("^ k } return", "^ k }; return"))
        terminal.wait("In [8]:")
        terminal.type("try await cluster.remotely { remote in remote.map(0..<20, slow) }.values.count")
        terminal.wait("cores busy")
        terminal.wait("Out[8]: 20")
        # A console replaces nothing: the line that stays comes when the cell is done.
        screen = terminal.wait("20 of 20 tasks in")
        assert "core-seconds" in screen, screen
        if os.environ.get("SWOOP_PICTURES"):
            print(terminal.screen)
        terminal.type("exit", "Enter")
    except AssertionError:
        print(terminal.screen)
        raise
    finally:
        terminal.end()


if __name__ == "__main__":
    # A test runs on a thread that keeps signals off, and what it starts would keep them off too: a
    # terminal's ^C is one.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    globals()[sys.argv[1]]()
