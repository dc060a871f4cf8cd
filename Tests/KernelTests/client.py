"""Scenes of a notebook, each seen by a client of Jupyter's own library. `client.py SCENE` runs one."""

import json
import os
import statistics
import sys
import threading
import time

from jupyter_client import BlockingKernelClient, KernelManager


class Notebook:
    """A kernel and its client; every cell is waited for until the kernel is idle again."""

    def __init__(self):
        self.manager = KernelManager(kernel_name="swoop")
        began = time.monotonic()
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.start = time.monotonic() - began
        self.input = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        self.manager.shutdown_kernel()

    def run(self, code, timeout=60, answer=None):
        """What a cell came to: its status, printed text by stream, result, error."""
        cell = {"result": None, "error": None, "shown": []}
        printed = {"stdout": [], "stderr": []}

        def hear(message):
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                printed[content["name"]].append(content["text"])
            elif kind == "execute_result":
                cell["result"] = content["data"]["text/plain"]
            elif kind in ("display_data", "update_display_data"):
                cell["shown"].append(content["data"])
            elif kind == "error":
                cell["error"] = "\n".join(content["traceback"])

        began = time.monotonic()
        reply = self.client.execute_interactive(
            code, output_hook=hear, timeout=timeout, allow_stdin=answer is not None,
            stdin_hook=lambda message: self.client.input(answer))
        cell["time"] = time.monotonic() - began
        cell.update({name: "".join(texts) for name, texts in printed.items()})
        cell["status"] = reply["content"]["status"]
        cell["name"] = reply["content"].get("ename")
        return cell

    def result(self, code):
        cell = self.run(code)
        assert cell["status"] == "ok", cell
        return cell["result"]

    def interrupted(self, code, after=0.7):
        """Runs a cell and interrupts it; how long it took to stop, and what came of it."""
        moment = {}

        def interrupt():
            moment["at"] = time.monotonic()
            self.manager.interrupt_kernel()

        timer = threading.Timer(after, interrupt)
        timer.start()
        cell = self.run(code)
        timer.join()
        return time.monotonic() - moment["at"], cell


def equal(seen, wanted):
    assert seen == wanted, f"seen:\n{seen}\nwanted:\n{wanted}"


def cells():
    with Notebook() as book:
        first = book.run("1 + 2")
        equal(first["result"], "3")
        print(f"started in {book.start:.2f} s, first cell {first['time']:.2f} s")
        equal(book.run("let x = 5\nvar y = \"a\"")["result"], None)
        equal(book.run("y += \"b\"; print(y)\ny")["stdout"], "ab\n")
        equal(book.result("struct P { var a: Int }\nfunc f(_ p: P) -> Int { p.a + x }\nf(P(a: 3))"), "8")
        equal(book.result("func g() async throws -> Int { try await Task.sleep(for: .milliseconds(5)); return 7 }\ntry await g() + x"), "12")
        equal(book.result("import Foundation\nString(format: \"%.3f\", Double.pi)"), '"3.142"')
        equal(book.result("Date(timeIntervalSince1970: 0)"), "1970-01-01 00:00:00 +0000")
        equal(book.result("extension Int { var twice: Int { 2 * self } }\nx.twice"), "10")
        equal(book.result("21.twice"), "42")
        equal(book.result("let (m, n) = (1, 2)\nif m < n { print(n) }\n[m: n]"), "[1: 2]")
        equal(book.result("print(1)"), None)
        equal(book.result("infix operator +++\nfunc +++ (a: Int, b: Int) -> Int { a * 10 + b }\n1 +++ 2"), "12")
        equal(book.result("3 +++ 4"), "34")
        equal(book.result("func counted() -> Int { y += \"!\"; return y.count }\ncounted()"), "3")
        equal(book.result("enum Side { case left, right }\nSide.left"), "left")
        equal(book.result("class Box { var v = 1 }\nlet box = Box()\nbox.v += 1\nbox.v"), "2")
        equal(book.result("box.v += 1\nbox.v"), "3")
        equal(book.result(""), None)
        equal(book.result("// only a remark"), None)
        equal(book.result("DispatchQueue.main.async { print(\"queue\") }\ntry await Task.sleep(for: .milliseconds(50))"), None)
        long = book.result("Array(0..<1_000_000)")
        assert long.endswith(", 98, 99, … 999900 more; 1000000 in all]"), long[-90:]
        shown = book.run("display(\"now\"); display(7)\n8")
        equal([item["text/plain"] for item in shown["shown"]], ['"now"', "7"])


def redefinitions():
    with Notebook() as book:
        book.run("struct P { var a = 1 }\nfunc f(_ p: P) -> Int { p.a }\nlet old = P()\nfunc k() -> Int { 1 }")
        book.run("struct P { var b = 2.5 }\nvar k = \"text\"")
        equal(book.result("P()"), "P(b: 2.5)")
        equal(book.result("old.a"), "1")
        equal(book.result("f(old)"), "1")
        equal(book.result("k"), '"text"')
        equal(book.result("func f(_ p: P) -> String { \"new\" }\nf(P())"), '"new"')
        equal(book.result("f(P())"), '"new"')
        equal(book.result("func f(twice n: Int) -> Int { 2 * n }\nf(twice: 4)"), "8")
        equal(book.result("f(P()) + \"\\(f(twice: 1))\""), '"new2"')
        equal(book.result("let old = 3\nold"), "3")


def compiler_errors():
    with Notebook() as book:
        book.run("let x = 1")
        equal(book.run("let a = 2\nlet bad: Int = \"a\"")["error"],
              "In[2]:2:16: error: cannot convert value of type 'String' to specified type 'Int'\n"
              "let bad: Int = \"a\"\n               ^~~")
        equal(book.run("x = 9")["error"],
              "In[3]:1:1: error: cannot assign to value: 'x' is a 'let' constant\nx = 9\n^")
        equal(book.run("import Nowhere")["error"],
              "In[4]:1:8: error: no such module 'Nowhere'\nimport Nowhere\n       ^")
        equal(book.run("let q = [1,2\n")["error"].splitlines()[0],
              "In[5]:1:13: error: expected ']' in container literal expression")
        optional = book.run("let d: Int? = 4\nlet e: Int = d")["error"]
        assert optional.startswith("In[6]:2:14: error: value of optional type 'Int?' must be"), optional
        assert optional.endswith("\n              !"), optional
        equal(book.run("var w = 1\nfunc h() { let never = 2 }")["stderr"].splitlines()[1],
              "func h() { let never = 2 }")
        equal(book.result("x"), "1")
        equal(book.run("a")["status"], "error")
        equal(book.run("%package foo")["error"],
              "%package is no directive of this kernel: it has none yet, so write Swift")


def runtime_errors():
    with Notebook() as book:
        cell = book.run("struct E: Error { let why: String }\nlet before = 1\n"
                        "func g() async -> Int { await Task.yield(); return 7 }\n"
                        "let k = await g()\nthrow E(why: \"no luck\")\nlet after = 2")
        equal(cell["error"], "In[1]: E: E(why: \"no luck\")")
        equal(cell["name"], "E")
        equal(book.result("before + k"), "8")
        equal(book.run("after")["error"].splitlines()[0],
              "In[3]:1:1: error: cannot find 'after' in scope")
        for _ in range(20):
            equal(book.run("throw E(why: \"again\")")["status"], "error")
        equal(book.result("before + k"), "8")


def traps():
    with Notebook() as book:
        book.run("let x = 1")
        began = time.monotonic()
        lost = "\nThe variables and functions of all cells are gone; run again what you need."
        equal(book.run("let list = [1, 2]\nlist[x + 5]")["error"],
              "In[2]: the cell's process trapped (a precondition that failed: an index out of "
              "range, an overflow, a nil)." + lost)
        equal(book.result("1 + 1"), "2")
        assert time.monotonic() - began < 3, "the kernel took longer than 3 s to come back"
        equal(book.run("fatalError(\"told you\")")["error"].splitlines()[0],
              "In[4]: the cell's process trapped: In[4]:1: Fatal error: told you.")
        equal(book.run("x")["status"], "error")
        equal(book.run("func down(_ n: Int) -> Int { n &+ down(n &+ 1) &* 3 }\ndown(x_)".replace("x_", "1"))["name"], "Trap")
        equal(book.run("import Glibc\nexit(3)")["error"],
              "In[7]: the cell's process ended with code 3." + lost)
        equal(book.result("2 + 2"), "4")


def interrupts():
    with Notebook() as book:
        book.run("var kept = 1")
        for code in ["while true { kept &+= 1 }",
                     "while true { try? await Task.sleep(for: .seconds(1)) }",
                     "try await Task.sleep(for: .seconds(100))",
                     "var all: [Int] = []\nwhile true { all.append(all.count); if all.count > 999 { all = [] } }",
                     "func spin() { while true { _ = \"\\(kept)\" } }\nspin()"]:
            took, cell = book.interrupted(code)
            assert took < 1, (code, took)
            equal(cell["error"], "Interrupted: the cell was stopped; what it had assigned is kept")
        equal(book.result("kept > 0"), "true")
        took, cell = book.interrupted(
            "import Foundation\nfunc nap() { Thread.sleep(forTimeInterval: 50) }\nnap()", after=1.2)
        equal(cell["error"],
              "Interrupted: the cell did not stop, so its process was ended. The variables and "
              "functions of all cells are gone; run again what you need.")
        assert took < 1.5, took
        equal(book.result("1"), "1")


def output():
    with Notebook() as book:
        began = time.monotonic()
        cell = book.run("for _ in 0..<1_000_000 { print(String(repeating: \"x\", count: 99)) }", timeout=120)
        equal(len(cell["stdout"]), 100_000_000)
        print(f"100 MB in {time.monotonic() - began:.1f} s")
        times = []

        def hear(message):
            if message["msg_type"] == "stream":
                times.append(time.monotonic())
        book.client.execute_interactive(
            "for i in 0..<3 { print(i, terminator: \" \"); try await Task.sleep(for: .milliseconds(400)) }",
            output_hook=hear, timeout=30)
        assert len(times) == 3, times
        equal(book.run("import Foundation\nFileHandle.standardError.write(Data(\"wrong\\n\".utf8))")["stderr"], "wrong\n")
        equal(book.run("print(\"ä🐦\" + String(repeating: \"é\", count: 200_000))")["stdout"], "ä🐦" + "é" * 200_000 + "\n")


def input():
    with Notebook() as book:
        equal(book.run("readLine(prompt: \"Name? \") ?? \"-\"", answer="Ada")["result"], '"Ada"')
        equal(book.run("readLine() ?? \"-\"")["result"], '"-"')


def late_client():
    with Notebook() as book:
        book.client.execute("try await Task.sleep(for: .seconds(2))")
        late = BlockingKernelClient(connection_file=book.manager.connection_file)
        late.load_connection_file()
        late.start_channels()
        began = time.monotonic()
        late.wait_for_ready(timeout=20)
        assert time.monotonic() - began < 10
        # Control before shell: answered while a cell runs.
        other = BlockingKernelClient(connection_file=book.manager.connection_file)
        other.load_connection_file()
        other.start_channels()
        message = other.session.msg("kernel_info_request")
        other.control_channel.send(message)
        reply = other.control_channel.get_msg(timeout=10)
        equal(reply["msg_type"], "kernel_info_reply")
        late.stop_channels()
        other.stop_channels()
        # Who comes again under the same name is heard. (Its messages are numbered anew.)
        time.sleep(2)
        book.client.stop_channels()
        book.client = book.manager.client()
        book.client.start_channels()
        book.client.wait_for_ready(timeout=20)
        equal(book.result("1"), "1")


def open_files(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def many_cells():
    import glob
    with Notebook() as book:
        book.run("var total = 0")
        times, files = [], []
        kernel = book.manager.provisioner.pid
        for index in range(200):
            times.append(book.run(f"let v{index} = {index}\ntotal += v{index}\nfunc f{index % 7}() -> Int {{ v{index} }}\ntotal")["time"])
            files.append(open_files(kernel))
        equal(book.result("total + f3()"), str(sum(range(200)) + 199 - (199 - 3) % 7))
        first, last = statistics.median(times[:40]), statistics.median(times[-40:])
        print(f"median {statistics.median(times):.3f} s; first 40 {first:.3f} s, last 40 {last:.3f} s")
        assert statistics.median(times) < 0.5 and last < 2 * first, (first, last)
        assert max(files[100:]) <= max(files[:100]) + 2, (files[0], files[-1])


def remote_functions():
    with Notebook() as book:
        equal(book.run("import Swoop\n@Remote func square(_ i: Int) -> Int { i * i }")["status"], "ok")
        equal(book.result("square(4)"), "16")


def protocol():
    import unittest
    import jupyter_kernel_test

    class KernelTests(jupyter_kernel_test.KernelTests):
        kernel_name = "swoop"
        language_name = "swift"
        file_extension = ".swift"
        code_hello_world = "print(\"hello, world\")"
        code_stderr = "import Foundation\nFileHandle.standardError.write(Data(\"oops\\n\".utf8))"
        completion_samples = [{"text": "stru", "matches": {"struct"}}]
        complete_code_samples = ["1", "func f() {}"]
        incomplete_code_samples = ["func f() {", "let a = ["]
        invalid_code_samples = ["a)"]
        code_generate_error = "struct E: Error {}\nthrow E()"
        code_execute_result = [{"code": "6 * 7", "result": "42"}]
        code_display_data = [{"code": "display(5)", "mime": "text/plain"}]
        code_history_pattern = "6 [*]*".replace("[*]", "?")
        supported_history_operations = ("tail", "range", "search")
        # No pager and no payloads: `code_page_something`, `code_clear_output` have no counterpart.

    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(
        unittest.defaultTestLoader.loadTestsFromTestCase(KernelTests))
    assert result.wasSuccessful()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
