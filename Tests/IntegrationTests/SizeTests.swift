// Large values, many tasks, scarce memory, and cores as they are shown beside what the system
// counts.

import Glibc
import SwoopLaunching
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct SizeTests {
        @Test func `values larger than rings and messages come and go, and their memory returns`()
            throws
        {
            let values = try told("sizes")
            #expect(values["64 MiB result"] == "8388608 0.5")
            #expect(values["100 MB result"] == "100000000")
            #expect(values["64 MiB argument"] == "\(64 << 20)")
            #expect(values["100 MB argument"] == "100000000")
            #expect(values["large in between"] == "350000000")
            #expect(values["memory returned"] == "true")
        }

        @Test func `a value of 300 MB comes to another process and goes from it, in pieces`() throws
        {
            let folder = try TestFolder()
            let standing = try ProgramRun(["standing", "bulk"], in: folder)
            try folder.waitForAddress(of: "bulk")
            let run = try ProgramRun(
                ["bulk", "300000000"], in: folder, environment: ["SWOOP_CONNECT": "bulk"])
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["came"] == "300000000", "\(run.output)\(run.errors)")
            #expect(run.values["went"] == "300000000", "\(run.output)\(run.errors)")
            #expect(!run.errors.contains("lost"), "\(run.errors)")
            standing.process.kill(SIGTERM)
            try standing.end()
        }

        @Test func `a plan may have fifty thousand tasks`() throws {
            #expect(try told("many", "50000")["sum"] == "\((1...50_000).reduce(0, +))")
        }

        @Test func `a task may have fifty thousand inputs`() throws {
            #expect(try told("inputs", "50000")["sum"] == "\((1...50_000).reduce(0, +))")
        }

        @Test
        func `a page store that is too small is an error with advice, and loses nothing else`()
            throws
        {
            let values = try told("arena")
            for name in ["too large result", "too large argument", "too large beside others"] {
                let error = try #require(values[name])
                #expect(error.hasPrefix("noMemory | "), "\(error)")
                #expect(error.hasSuffix("start the cluster with a larger page budget."))
            }
            #expect(values["others"] == "\(2 << 20) 1275")
            #expect(values["again and again"] == "\(20 * 3 << 20)")
            #expect(values["memory returned"] == "true")
        }

        @Test func `one value larger than all pages is refused in words, from wherever it comes`()
            throws
        {
            let values = try told("giant", "100000000", "50000000")
            func room(_ byteCount: Int) -> String {
                "node local has no room for a page of \(byteCount) bytes: its memory for pages has "
                    + "48234496 bytes in all"
            }
            let place = place("func load(", in: "Budgets")
            let advice =
                " /   Drop the handles of what is not needed, or start the cluster with a larger "
                + "page budget."
            let made = "noMemory: load: \(room(100_000_008)) /   at \(place) /   task N" + advice
            expect(
                values,
                [
                    "made": made, "brought": made,
                    "read":
                        "inputFailed: not run, since its input load failed: load: "
                        + "\(room(100_000_008)) /   task N",
                    "sent": "noMemory: data: \(room(100_000_008)) /   task N" + advice,
                    "one element": "noMemory: data: \(room(100_000_128)) /   task N" + advice,
                    "afterwards": "2",
                ])
        }

        @Test(arguments: [1, 2, 3])
        func `the cores shown are those that work, and their seconds are the system's`(tasks: Int)
            throws
        {
            let values = try told("usage", "\(tasks)")
            let cores = min(tasks, 2)
            #expect(values["busiest"] == "\(cores)")
            #expect(values["lowest"] == "\(cores)")
            let shown = try #require(values["shown after"].flatMap { Int($0) })
            #expect(0...500 ~= shown)
            let idle = try #require(values["idle after"].flatMap { Int($0) })
            #expect(0...500 ~= idle)
            let reported = try #require(values["reported ns"].flatMap { Double($0) })
            let system = try #require(values["system ns"].flatMap { Double($0) })
            // The system counts in ticks of 10 ms, at both ends.
            #expect(abs(reported - system) <= max(0.05 * system, 25e6), "\(reported) and \(system)")
        }
    }
}
