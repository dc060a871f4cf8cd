// Collections asked for what they cannot give, and what every operation gives on any number of
// agents: word for word, and bit for bit.

import Glibc
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct WrongCollectionTests {
        private static let told = Result { try ranCollections() }

        private func refused(_ text: String, least: Int = 0) -> String {
            "invalidPlan: \(text) /   Pass \(least) or more."
        }

        @Test func `counts, bounds and caps that mean nothing are refused in words`() throws {
            let values = try Self.told.get()
            let cap = " /   task N /   Pass a larger cap, or reduce it in the cluster first."
            expect(
                values,
                [
                    "collect beyond the cap":
                        "tooLarge: the array takes 9216 bytes, and 7999 may be fetched /   Pass a "
                        + "larger cap to collect(cap:), or reduce it in the cluster first.",
                    "collected beyond the cap":
                        "tooLarge: array.collected (answer): the elements take more than 7999 "
                        + "bytes" + cap,
                    "collected at the cap": "1000",
                    "cap below nothing": refused("a cap of -1 bytes"),
                    "fetched below nothing": refused("a cap of -1 bytes"),
                    "sum beyond the widest":
                        "taskFailed: array.sum (answer): the sum is beyond what UInt128 holds /   "
                        + "task N /   There is no wider integer: make them Double first, which "
                        + "rounds, or sum their halves on their own.",
                    "slice below 0": refused("a slice that begins at index -5"),
                    "slice behind the end": "[]", "slice across the end": "[1, 2]",
                    "windows of 0": refused("windows of 0 elements", least: 1),
                    "windows of -1": refused("windows of -1 elements", least: 1),
                    "windows of 4": "0",
                    "top -1": refused("the top -1 elements"), "top 0": "[]",
                    "bottom -1": refused("the bottom -1 elements"), "bottom 0": "[]",
                    "first -1": refused("the first -1 elements"), "first 0": "[]",
                    "sample of -1": refused("a sample of -1 elements"), "sample of 0": "[]",
                    "limit -1": refused("a loop of -1 rounds", least: 1),
                    "limit 0": refused("a loop of 0 rounds", least: 1),
                    "fraction 0.0": "0", "fraction 1.0": "3",
                    "zip of unequal lengths": "[3010, 1020] [10003, 20001]",
                    "range of all integers":
                        "invalidPlan: \(Int.min)..<\(Int.max) has more integers than an Int can "
                        + "count /   Use a smaller range.",
                    "afterwards": "2",
                ])
            for fraction in ["-0.1", "1.1", "nan"] {
                #expect(
                    values["fraction \(fraction)"]
                        == "invalidPlan: a sample of \(fraction) of the elements /   Pass a "
                        + "fraction from 0 to 1.")
            }
        }

        @Test func `nothing is a collection like any other`() throws {
            expect(
                try Self.told.get(),
                [
                    "nothing": "0 0 nil nil nan 7",
                    "nothing in another order": "\(Array(repeating: 0, count: 10))",
                    "nothing grouped": "0", "nothing best, sampled, first": "[]",
                    "an empty range": "0",
                ])
        }

        @Test func `checks and errors in a chain name the chain, the reason and the place`() throws
        {
            let shout = " /   at \(place("if i == 77_777", in: "Chains")) /   task N"
            let stopped = "was stopped by a runtime check of Swift (signal 4, SIGILL). Fatal error:"
            let wider =
                " /   task N /   Make them a wider type first, such as Int128 or Double."
            let values = try Self.told.get()
            expect(
                values,
                [
                    "thrown in a filter":
                        "taskFailed: range.map(shout).filter(isOdd).stored threw "
                        + "Refused(number: 77777), for element 77777" + shout,
                    "thrown by a key":
                        "taskFailed: range.sorted(by: shout) (sample) threw "
                        + "Refused(number: 77777), for element 77777" + shout,
                    "sum beyond Int":
                        "taskFailed: array.sum (answer): the sum is beyond what Int holds" + wider,
                    "sum of parts beyond Int8":
                        "taskFailed: range.map(byteOf).sum (answer): the sum is beyond what Int8 "
                        + "holds" + wider,
                    "prefix sums beyond Int":
                        "taskFailed: array.scan(sum) (pages): the sum is beyond what Int holds"
                        + wider,
                ])
            // What the runtime prints of itself has places of its own.
            for (name, chain, reason, line) in [
                ("division by zero", "range.map(quotient).sum", "Division by zero", "100 / (i"),
                (
                    "index in a closure", "range.map(#remote).sum", "Index out of range",
                    "[1, 2, 3][i] })"
                ),
            ] {
                let told = values[name] ?? ""
                let begin =
                    "taskFailed: \(chain) \(stopped) \(reason) /   at "
                    + "\(place(line, in: "WrongCollections")) /   task N /   | "
                #expect(
                    told.hasPrefix(begin) && told.hasSuffix("Fatal error: \(reason)"), "\(told)")
            }
        }

        @Test func `numbers that are none have a place, and it is the same everywhere`() throws {
            let groups = "0.0:12500 1.0:12500 2.0:12500 3.0:12500"
            expect(
                try Self.told.get(),
                [
                    "NaN extremes": "Optional(0.0) Optional(3.0)",
                    "NaN top": "[3.0, 3.0, 3.0] [0.0, 0.0, 0.0]",
                    "NaN sorted": "50000 true [0.0, 0.0]",
                    "NaN grouped": "\(groups) nan:100000",
                    "NaN in whole groups": "\(groups) nan:100000",
                    "NaN in pairs grouped": "\(groups) nan:100000",
                    "NaN distinct": "[0.0, 1.0, 2.0, 3.0, nan]", "NaN joined": "1",
                    "zeros grouped": "0.0:149999",
                ])
        }

        @Test func `handles of another cluster, of an ended one and of no plan are refused`() throws
        {
            let values = try Self.told.get()
            for name in ["argument", "in an array", "with", "state of a loop"] {
                #expect(
                    values["other: \(name)"]
                        == "invalidPlan: a proxy of another cluster is used in this plan",
                    "\(name)")
            }
            for name in ["chain", "zip", "windows", "prefix sums", "joined"] {
                #expect(
                    values["other: \(name)"]
                        == "invalidPlan: an array of another cluster is used in this plan",
                    "\(name)")
            }
            for name in ["", ", from the left"] {
                #expect(
                    values["other: concatenation\(name)"]
                        == "invalidPlan: arrays of two clusters cannot be one")
                #expect(
                    values["other: arithmetic\(name)"]
                        == "invalidPlan: arithmetic with proxies of two clusters")
            }
            let outside =
                "notRunning: it was made outside of a plan's block /   Call it inside of "
                + "`cluster.remotely { … }` or `cluster.plan { … }`."
            expect(
                values,
                [
                    "other: returned": "2", "other: afterwards": "2", "no plan": outside,
                    "no plan, chain": outside, "no plan, arithmetic": "3",
                    "ended: usage": "no sample",
                ])
            for name in ["collect", "wait", "plan", "new plan", "cancelled"] {
                #expect(
                    values["ended: \(name)"]
                        == "notRunning: the scope of its cluster has ended /   Use the value "
                        + "inside of the scope.", "\(name)")
            }
        }
    }

    @Suite struct SameBitsTests {
        /// Lines and a table of some MiB, so that they have several leaves.
        private func writeFiles(_ folder: TestFolder) {
            var lines = ""
            var trades = "id,person,amount,isPaid\n"
            for i in 0..<40_000 {
                lines += "line\(i % 50) " + String(repeating: "x", count: i * 7 % 60) + "\n"
                trades += "\(i),\"p\n\(i % 9)\",\(Double(i % 977) / 7),true\n"
            }
            for (name, text) in [("lines", lines), ("trades", trades)] {
                let file = unsafe open(
                    "\(folder.path)/\(name)", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
                let bytes = Array(text.utf8)
                _ = unsafe write(file, bytes, bytes.count)
                _ = close(file)
            }
        }

        @Test func `every operation gives the same bits on any number of agents and pages`() throws
        {
            let folder = try TestFolder()
            writeFiles(folder)
            func bits(_ agents: Int, _ budget: Int) throws -> [String: String] {
                try told("bits", "\(agents)", "\(budget)", folder.path)
                    .filter { !$0.key.contains("after") && $0.key != "ended" }
            }
            let first = try bits(1, 256 << 20)
            #expect(first.count == 38 && first.values.allSatisfy { !$0.contains("error") })
            for (agents, budget) in [(2, 8 << 20), (3, 64 << 20), (1, 4 << 20)] {
                let other = try bits(agents, budget)
                for (name, hash) in first {
                    #expect(other[name] == hash, "\(name), \(agents) agents, \(budget) bytes")
                }
            }
        }

        @Test func `proxies in arrays and dictionaries are inputs, and nothing passes the client`()
            throws
        {
            let values = try told("traffic")
            let size = 6_000_000
            expect(
                values,
                [
                    "in an array": "\(10 * size)", "in a dictionary": "\(5 * size)",
                    "in arrays in an array": "\(6 * size)",
                    "in arrays in a dictionary": "\(3 * size)", "sorted": "true",
                    "fetched": "\(size)",
                ])
            // Messages about tasks, of 24 MB that are used and 6 MB that are sorted.
            let passed = values["through the client"].flatMap { Int($0) } ?? .max
            #expect(passed < 1_000_000, "\(passed) bytes")
            let fetched = values["with one fetched"].flatMap { Int($0) } ?? 0
            #expect(fetched > passed + size, "\(fetched) bytes")
        }
    }
}

private func ranCollections() throws -> [String: String] { try told("wrong-collections") }
