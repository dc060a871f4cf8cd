// Everything a user writes, run in processes of its own and held against what plain Swift gives.

import Glibc
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct SurfaceTests {
        @Test func `calls of every shape give what plain calls give`() throws {
            let values = try told("calls")
            #expect(values["no arguments"] == "42")
            #expect(values["one"] == "2")
            #expect(values["two"] == "1.5")
            #expect(values["three"] == "1 2.5 é")
            #expect(values["four"] == "10")
            #expect(values["five"] == "-1 65535 0.25 true 18446744073709551615")
            #expect(values["six"] == "[6, 5, 4, 3, 2, 1]")
            #expect(values["private"] == "-5")
            #expect(values["static"] == "2.25")
            #expect(values["nothing"] == "()")
            #expect(values["dictionary"] == #"["a:1", "bcd:3"]"#)
            #expect(values["optional"] == "2 nil nil")
            #expect(values["record"] == "1.5 here' [7]")
            #expect(values["codable"] == "Ada 37 51.5")
            #expect(values["nested"] == "[[], [-1], [1]]")
        }

        @Test
        func
            `proxies are arguments, in lists and from earlier blocks too, and have arithmetic`()
            throws
        {
            let values = try told("proxies")
            #expect(values["proxy as argument"] == "4")
            #expect(values["proxy and constant"] == "5.0")
            #expect(values["array of proxies"] == "5050.0")
            #expect(values["dictionary of proxies"] == "5")
            #expect(values["earlier block"] == "23.0")
            #expect(values["value sent once"] == "6")
            #expect(values["codable sent once"] == "1")
            #expect(values["arithmetic"] == "9.5")
            #expect(values["comparison"] == "true")
            #expect(values["deep arithmetic"] == "44851")
            #expect(values["division by zero"]?.contains("divided an integer by zero") == true)
        }

        @Test func `loops end by their condition or their limit`() throws {
            let values = try told("loops")
            #expect(values["until"] == "1.4142135623730951")
            #expect(values["limit"] == "1.5")
            #expect(values["count"] == "21")
            #expect(values["a state in pages"] == "500")
            #expect(values["arithmetic in a loop"] == "1023")
            #expect(values["after a loop"] == "5")
            #expect(
                values["a loop in a loop"]?.contains("a loop inside the body of another") == true)
            #expect(
                values["a loop that fails"]?.contains("countdown threw Refused(number: 3)") == true)
        }

        @Test func `remote calls inside of runs are runs of their own`() throws {
            let values = try told("children")
            #expect(values["async let"] == "6765")
            #expect(values["side by side"] == "[55, 89, 144, 233, 377, 610, 987, 1597]")
            #expect(values["group"] == "124750")
            let thrown = try #require(values["child throws"])
            #expect(thrown.contains("refusing threw Refused(number: 13000)"))
            #expect(thrown.contains("Loops.swift:"))
        }

        @Test func `many handles are one wait: all values, each as it ends, the first`() throws {
            let values = try told("gatherings")
            #expect(values["many values"] == "true true")
            #expect(values["values of a slice, backwards, twice"] == "[6, 5, 4, 5, 6]")
            #expect(values["large values"] == "true false 100000")
            #expect(values["values of arithmetic"] == "[13, 4, 11, 5, 6]")
            #expect(values["no values"] == "[]")
            #expect(values["optional values"] == "[nil, Optional(3)]")
            #expect(values["a value that fails"]?.hasPrefix("error taskFailed: refuseOdd") == true)
            let neverRun = try #require(values["values that were never run"])
            #expect(neverRun.hasPrefix("error notRunning: its plan was never run"))
            #expect(
                values["waiting for all"]
                    == "[false, false, false] Proxy<Array<UInt8>>(100008 bytes in the cluster)")
            #expect(values["in the order of the ends"] == "[2, 2, 1, 3, 0, 4]")
            #expect(values["each once"] == "true true")
            #expect(values["failures end the loop"] == "taskFailed true")
            #expect(values["outcomes go on"] == "0 taskFailed 2 taskFailed 4 taskFailed")
            #expect(values["the first"] == "(index: 2, value: 7) true")
            #expect(values["the first of failures"]?.hasPrefix("error taskFailed") == true)
            #expect(values["the first of none"]?.hasPrefix("error invalidPlan") == true)
            for name in ["values cancelled", "loop cancelled", "wait cancelled"] {
                #expect(values[name] == "CancellationError()")
            }
            #expect(values["loop left"] == "[50]")
            #expect(values["after leaving"] == "2")
            for name in ["after the scope", "finished after the scope"] {
                #expect(values[name]?.hasPrefix("error notRunning: the scope of its") == true)
            }
        }

        @Test func `handles say where values are, and their end ends what only they needed`() throws
        {
            let values = try told("handles")
            #expect(
                values["nothing downloaded"]
                    == "false Proxy<Array<UInt8>>(100008 bytes in the cluster)")
            #expect(values["small downloaded"] == "true false Proxy<Int>(here)")
            #expect(values["everything downloaded"] == "true")
            #expect(values["planned"] == "Proxy<Int>(planned)")
            #expect(
                values["never run"]?.hasPrefix("error notRunning: its plan was never run") == true)
            #expect(
                values["run twice"]?.hasPrefix("error invalidPlan: the plan was run before") == true
            )
            #expect(values["queued tasks dropped"] == "0 runs, 0 handles")
            #expect(values["running task dropped"] == "free, then 2")
            #expect(values["running chain dropped"] == "free")
            #expect(values["cancelled"] == "cancelled")
            #expect(values["waiting task cancelled"] == "CancellationError(), then 300")
            for name in ["after the scope", "after the scope, unread", "waiting after the scope"] {
                #expect(values[name]?.hasPrefix("error notRunning: the scope of its") == true)
            }
        }
    }
}

extension ProgramTests {
    @Suite struct ChainIntegrationTests {
        /// Lines of length 0 to 59, with a blank line after every tenth and dashes after every
        /// hundredth, and one at the end that is longer than what is read beyond a part.
        private func writeText(_ folder: TestFolder) -> (path: String, lines: [String]) {
            var lines: [String] = []
            for i in 0..<3_000 {
                lines.append("line \(i) " + String(repeating: "x", count: i % 50))
                if i % 10 == 9 { lines.append("") }
                if i % 100 == 99 { lines.append("--") }
            }
            lines.append(String(repeating: "y", count: 150_000))
            let path = folder.path + "/text"
            let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
            let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            _ = unsafe write(file, bytes, bytes.count)
            _ = close(file)
            return (path, lines)
        }

        @Test func `chains over ranges, arrays and text give what plain loops give`() throws {
            let folder = try TestFolder()
            let (path, lines) = writeText(folder)
            let values = try told("chains", path)
            expectRanges(values)
            expectArrays(values)
            expectText(values, lines)
        }

        @Test func `text that is sent to the nodes gives what text gives that they read`() throws {
            let folder = try TestFolder()
            let (path, lines) = writeText(folder)
            expectText(try told("sent-text", path), lines)
        }

        private func expectText(_ values: [String: String], _ lines: [String]) {
            let lengths = lines.map(\.utf8.count)
            #expect(
                values["lines"]
                    == "[\(lines.count), \(lengths.reduce(0, +)), \(lengths.max() ?? 0)]")
            #expect(values["two files"] == "\(2 * lines.count)")
            #expect(values["stanzas"] == "301")
            #expect(values["separator"] == "31")
            #expect(values["first lines"] == #"["line 0 ", "line 1 x"]"#)
            #expect(values["lines by first byte"] == "-1:300 45:30 108:3000 121:1")
            #expect(values["no such file"]?.contains("cannot be read: no such file") == true)
        }

        private func expectRanges(_ values: [String: String]) {
            #expect(values["count"] == "500000")
            #expect(values["sum"] == "\((-5..<1_000_000).reduce(0, +))")
            #expect(values["sum of doubles twice"]?.hasPrefix("true 1666665") == true)
            #expect(values["mean"]?.hasPrefix("16.6666") == true)
            #expect(values["extremes"] == "[5, 499999]")
            #expect(values["nothing's extreme"] == "nil")
            #expect(values["flatMap"] == "0")
            #expect(values["compactMap"] == "500")
            #expect(values["reduce"] == "499500")
            #expect(values["prefix"] == "[1, 3, 5]")
            #expect(values["collected"] == "\(Array(0..<10))")
            #expect(
                values["grouped"] == "0:10001 "
                    + (1..<7).map { "\($0):10000" }.joined(separator: " "))
            #expect(values["closure with captures"] == "[25.0, 27.5, 30.0, 32.5]")
            #expect(values["with"] == "[0.0, 4.0, 8.0, 12.0]")
            let thrown = values["thrown in a chain"] ?? ""
            #expect(
                thrown.contains("Refused(number: 77777)") && thrown.contains("range.map(shout)"))
        }

        private func expectArrays(_ values: [String: String]) {
            #expect(values["array"] == "5000")
            #expect(values["empty array"] == "0")
            #expect(values["records"] == #"124750.0 ["n0", "n1"]"#)
            #expect(values["stored"] == "150000 150000 1 299999 true")
            #expect(values["stored, then grouped"] == "\(Array(repeating: 10_000, count: 7))")
            #expect(values["joined"] == "717.5")
            #expect(values["too large to collect"]?.hasPrefix("error tooLarge") == true)
        }
    }
}
