// What the caller of a function that fails hears: what happened, where in the user's source, and
// what to do. A failure takes nothing else with it.

import SwoopLaunching
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct FailureTests {
        /// One error as the test program tells it.
        private struct Told {
            var code = ""
            var message = ""
            var place = ""
            var function = ""
            var type = ""
            var advice = ""

            init(_ text: String?) {
                let parts = (text ?? "").split(separator: " | ", omittingEmptySubsequences: false)
                guard parts.count == 7 else { return }
                code = String(parts[0])
                message = String(parts[1])
                place = String(parts[2])
                function = String(parts[3])
                type = String(parts[4])
                advice = String(parts[6])
            }
        }

        /// What all the failures told: run once.
        private static let failures = Result {
            try told("failures", environment: ["SWOOP_STOPPED": "1"])
        }

        /// The line of the source on which this text stands.
        private func line(_ text: String) -> Int {
            let path = #filePath.replacing(
                "IntegrationTests/FailureTests", with: "TestProgram/Failures")
            let source = String(decoding: contents(of: path), as: UTF8.self)
            let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
            return (lines.firstIndex { $0.contains(text) } ?? -2) + 1
        }

        @Test func `every way to fail reaches the caller with its reason, its place and advice`()
            throws
        {
            let values = try Self.failures.get()
            let thrown = Told(values["thrown"])
            #expect(thrown.code == "taskFailed" && thrown.type == "SwoopTestProgram.Refused")
            #expect(
                thrown.message == "refuse threw Refused(number: 7)" && thrown.function == "refuse")
            #expect(thrown.place == "Failures.swift:\(line("throw Refused(number: i) }"))")

            let index = Told(values["index"])
            #expect(index.code == "taskFailed" && index.message.contains("Index out of range"))
            #expect(index.place == "Failures.swift:\(line("values[i]"))")
            let overflow = Told(values["overflow"])
            #expect(overflow.message.contains("arithmetic overflow"))
            #expect(overflow.place == "Failures.swift:\(line("i + 100"))")
            let unwrap = Told(values["unwrap"])
            #expect(unwrap.message.contains("Unexpectedly found nil"))
            #expect(unwrap.place == "Failures.swift:\(line("Int(text)!"))")
            let fatal = Told(values["fatalError"])
            #expect(fatal.code == "taskFailed" && fatal.message.contains("Fatal error: the end"))
            #expect(fatal.place == "Failures.swift:\(line("fatalError(text)"))")
            #expect(values["afterwards"] == "2")
        }

        @Test
        func `death of the process, and values that do not decode, are named with what to do`()
            throws
        {
            let values = try Self.failures.get()
            let exited = Told(values["exit"])
            #expect(exited.code == "workerDied" && exited.function == "leave")
            #expect(exited.message.contains("exited with status 3"))
            #expect(exited.advice.contains("must not end its process"))
            for (name, text) in [("pointer", "pointee"), ("stack", "func deepen")] {
                let crash = Told(values[name])
                #expect(crash.code == "workerDied" && crash.message.contains("SIGSEGV"))
                #expect(crash.place == "Failures.swift:\(line(text))")
                #expect(crash.advice.contains("unsafe pointers"))
            }
            let null = Told(values["null pointer"])
            #expect(null.code == "workerDied" && null.message.contains("was not set"))
            #expect(null.place == "Failures.swift:\(line("pointee"))")
            #expect(null.advice.contains("global of main.swift"))
            #expect(Told(values["abort"]).message.contains("SIGABRT"))
            let stopped = Told(values["stopped"])
            #expect(stopped.code == "workerDied" && stopped.function == "stopItself")
            #expect(stopped.message.contains("SIGSTOP had stopped it"), "\(stopped.message)")
            #expect(stopped.advice.contains("must not stop its process"))

            let result = Told(values["result does not decode"])
            #expect(result.code == "undecodable" && result.function == "makeLopsided")
            #expect(result.place == "Failures.swift:\(line("func makeLopsided"))")
            let argument = Told(values["argument does not decode"])
            #expect(argument.code == "undecodable" && argument.function == "takeLopsided")
            #expect(argument.advice.contains("what the type encodes is what it decodes"))
            let input = Told(values["input failed"])
            #expect(input.code == "inputFailed")
            #expect(
                input.message.contains("its input refuse failed: refuse threw Refused(number: 7)"))
            #expect(values["long error"] == "taskFailed true")
            #expect(values["many long errors"] == "500")
        }

        @Test func `a trap in one task does not lose another`() throws {
            let values = try told("neighbours")
            #expect(values["arrived"] == "200")
            #expect(values["lost"] == "0")
            for i in 0..<3 {
                #expect(Told(values["bad \(i)"]).message.contains("Index out of range"))
            }
        }

        @Test func `what tasks print arrives labelled, from every stream, with parts of lines`()
            throws
        {
            let folder = try TestFolder()
            let run = try ProgramRun(["printing"], in: folder)
            #expect(try run.end() == .exited(0))
            let lines = run.errors.split(separator: "\n").map(String.init)
            for expected in [
                "[chat] hello 1", "[chat] partial 1", "[chat] hello 2", "[chat] partial 2",
                "[chatAsync] before 4", "[chatAsync] after 4", "[chatThenDie] last words 6",
                "direct 5",
            ] {
                #expect(lines.count { $0 == expected } == 1, "\(expected) in \(lines)")
            }
            #expect(run.errors.contains("[complainAloud] oh 3\n"))
            // The program's own output is its own.
            let own = run.output.split(separator: "\n")
            #expect(own.map { $0.prefix(7) } == ["died = "], "\(run.output)")
        }

        @Test func `what tasks print goes where they wrote it, if that is asked for`() throws {
            let run = try ProgramRun(["printing", "as-printed"], in: TestFolder())
            #expect(try run.end() == .exited(0))
            #expect(run.output.contains("[chat] hello 1\n"), "\(run.output)")
            #expect(run.errors.contains("[complainAloud] oh 3\n"), "\(run.errors)")
            #expect(!run.errors.contains("hello"), "\(run.errors)")
        }

        @Test func `what tasks print gives no orders to a terminal, and a file gets it as it is`()
            throws
        {
            let folder = try TestFolder()
            let piped = try ProgramRun(["painting"], in: folder)
            #expect(try piped.end() == .exited(0))
            #expect(piped.errors.contains("[paint] \u{1b}]0;title\u{7}tab\there \u{9b}2J"))
            // What is an error's text is for people wherever it goes.
            #expect(
                piped.output.contains(#"Painted(text: "\u{1B}[2J?31m")"#), "\(piped.output)")
            #expect(piped.output.contains("\n  | ?]0;title?tab\there ?2J??back\n"))
            let program = try #require(ProgramRun.programPath)
            let shown = try ProgramRun(
                ["-qefc", "'\(program)' painting", "/dev/null"], in: folder,
                program: "/usr/bin/script")
            #expect(try shown.end() == .exited(0))
            let text = shown.output.replacing("\r\n", with: "\n")
            #expect(text.contains("[paint] ?]0;title?tab\there ?2J??back\n"), "\(text)")
            #expect(text.contains("[paint] red ?[31m?\n") || text.contains("[paint] red ?[31m\n"))
            #expect(text.contains("direct ?[2J\n"))
            // The progress line is ours and takes a cleared line.
            let orders = text.replacing("\r\u{1b}[K", with: "").unicodeScalars.filter {
                $0.value < 0x20 && $0 != "\n" && $0 != "\t" || (0x7f...0x9f).contains($0.value)
            }
            #expect(orders.isEmpty, "\(text)")
        }

        @Test func `a flood of lines is bounded and says what it dropped`() throws {
            let folder = try TestFolder()
            let run = try ProgramRun(["flood"], in: folder)
            #expect(try run.end() == .exited(0))
            #expect(run.values["flood"] == "100000" && run.values["after"] == "1")
            let lines = run.errors.split(separator: "\n").filter { $0.hasPrefix("[flood]") }
            #expect(lines.count < 20_000)
            let dropped = lines.reduce(0) { sum, line in
                let words = line.split(whereSeparator: { " (".contains($0) })
                return sum + (words.count > 3 && words[2] == "lines" ? Int(words[1]) ?? 0 : 0)
            }
            let word = " lines dropped: 2,000 a second are shown; what you need of them, return or "
            let shown = lines.count { !$0.hasSuffix(word + "write to a file) ") }
            #expect(dropped + shown == 100_000, "\(dropped) dropped, \(shown) shown")
        }

        @Test func `ten megabytes to both streams at once do not block anybody`() throws {
            let folder = try TestFolder()
            let run = try ProgramRun(["megabytes"], in: folder)
            #expect(try run.end() == .exited(0))
            #expect(run.values["written"] == "10")
            let whole = String(repeating: "x", count: 1_023)
            #expect(run.errors.split(separator: "\n").count { $0 == whole } == 10_240)
        }
    }
}
