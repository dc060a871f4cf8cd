// What a newcomer meets in the first hour, on a cluster of processes.

import SwoopLaunching
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct FirstHourTests {
        /// The line of the program on which this text stands.
        private func line(_ text: String) throws -> Int {
            let path = #filePath.replacing(
                "IntegrationTests/FirstHourTests", with: "TestProgram/FirstHour")
            let lines = String(decoding: contents(of: path), as: UTF8.self)
                .split(separator: "\n", omittingEmptySubsequences: false)
            return try #require(lines.firstIndex { $0.contains(text) }) + 1
        }

        @Test func `errors come back as themselves, waits end, plans can be looked at`() throws {
            let folder = try TestFolder()
            let run = try ProgramRun(["first-hour", folder.path], in: folder)
            #expect(try run.end(within: 120) == .exited(0), "\(run.output)\(run.errors)")
            let values = run.values
            let thrown = #"LabError(sample: 7, reason: "dirty") - SwoopTestProgram/FirstHour.swift"#
            #expect(values["thrown"]?.hasPrefix("taskFailed " + thrown) == true, "\(values)")
            #expect(values["dependent"]?.hasPrefix("inputFailed " + thrown.prefix(36)) == true)
            #expect(
                values["typed"]
                    == #"taskFailed LabError(sample: 7, reason: "typed") - "#
                    + "SwoopTestProgram/FirstHour.swift:\(try line(#"reason: "typed""#))")
            let typed = values["typed in a chain"] ?? ""
            #expect(typed.hasSuffix(":\(try line(#"reason: "typed""#))"), "\(typed)")
            #expect(values["record"]?.hasPrefix("taskFailed - LabFault(sample: 7) ") == true)
            let dirty = " SwoopTestProgram/FirstHour.swift:\(try line(#"reason: "dirty""#))"
            let chain = values["chain"] ?? ""
            #expect(chain.hasPrefix("taskFailed LabError(sample: "), "\(chain)")
            #expect(chain.hasSuffix(dirty), "\(chain)")
            let late = " | FirstHour.swift:\(try line(#"reason: "late""#)) | "
            for name in [
                "place in a range", "place in an array", "place in a prefix", "place in a key",
                "place in an order", "place of an error thrown again",
            ] {
                #expect(values[name]?.contains(late) == true, "\(name): \(values[name] ?? "")")
            }
            let short = " | FirstHour.swift:\(try line(#"reason: "short""#)) | "
            #expect(values["place in a file"]?.contains(short) == true)

            for name in ["place in a range", "place in an array"] {
                #expect(
                    values[name]?.contains(
                        #"threw LabError(sample: 77777, reason: "late"), for element 77777 |"#)
                        == true, "\(values[name] ?? "")")
            }
            #expect(
                values["place in a file"]?.contains(
                    #"threw LabError(sample: 3, reason: "short"), in line 4321 of "#) == true)

            let planTime = values["plan's time"] ?? ""
            #expect(planTime.hasPrefix("timedOut | its plan was given 1.0 s, and"), "\(planTime)")
            #expect(planTime.contains("by then: spinLong was on a core of local for "))
            #expect(values["free after the plan's time"] == "free")
            #expect(
                values["integers beside literals"]
                    == "[9007199254740995, 9007199254740991, 18014398509481986, "
                    + "18014398509481986, 4503599627370496, 9007199254740995]")
            #expect(
                values["run's time"]?.hasPrefix(
                    "timedOut | hang: it was stopped, since it had not ended within the 0.2 s")
                    == true)
            #expect(values["hung once"] == "1")
            #expect(values["failed twice"] == "2")
            expectLimitsInside(values)
            #expect(values["plan cancelled"] == "cancelled")
            #expect(values["counted"]?.hasPrefix("true ") == true)
            #expect(values["cancelled task stops a download"] == "CancellationError true")

            try expectRemarks(values, run.errors)
            let plan = values["plan in words"] ?? ""
            #expect(plan.hasPrefix("Plan load: "), "\(plan)")
            #expect(plan.contains("3 × examine") && plan.hasSuffix("| true true true true"))
            #expect(values["seeds"] == "4 true")
        }

        /// Limits and retries of steps of chains, and of what a function calls.
        private func expectLimitsInside(_ values: [String: String]) {
            #expect(values["a step failed twice"] == "2")
            #expect(values["a step hung once"] == "1")
            let gives = "within the 0.2 s that its @Remote gives it"
            #expect(
                values["a step hangs"]?.hasPrefix(
                    "timedOut | range.map(hang).sum was stopped, since hang had not ended \(gives)")
                    == true, "\(values["a step hangs"] ?? "")")
            #expect(values["a child failed twice"] == "2")
            #expect(values["a child waits"] == "childWaits had not ended \(gives)")
            #expect(
                values["a child spins"]?.hasPrefix(
                    "timedOut | callSpinning was stopped, since childSpins had not ended \(gives)")
                    == true, "\(values["a child spins"] ?? "")")
        }

        /// What is said of a block that computes, and of constants that are sent often.
        private func expectRemarks(_ values: [String: String], _ errors: String) throws {
            #expect(values["constants in a block"] == "0")
            #expect(values["large constant"] == "8")
            #expect(
                errors.contains("swoop: the block at SwoopTestProgram/FirstHour.swift:")
                    && errors.contains(" s here, on one core: a call with constants runs at"),
                "\(errors)")
            #expect(
                errors.contains("a constant of 8.0 MiB stands in 8 calls, and is sent 8 times"))
            #expect(values["large constant beside what varies"] == "16.0 24.0 16.0")
            for size in ["12.0", "10.0"] {
                #expect(
                    errors.contains("a constant of \(size) MiB stands in 8 calls"),
                    "\(errors)")
            }
            #expect(!errors.contains("22.0 MiB"), "\(errors)")
            #expect(values["constants that take long to encode"] == "100001")
            #expect(
                !errors.contains("FirstHour.swift:\(try line("in  // encodes points"))"),
                "\(errors)")
        }

        @Test func `a cancelled wait ends, and the core of a function that never looks up is free`()
            throws
        {
            let run = try ProgramRun(["cancelling"], in: TestFolder())
            #expect(try run.end(within: 120) == .exited(0), "\(run.output)\(run.errors)")
            let values = run.values
            let waits = ["value", "wait", "values", "finished", "first", "download", "elements"]
            let names = waits.map { "task cancelled: \($0)" } + ["plan cancelled: values"]
            for name in names {
                let words = (values[name] ?? "").split(separator: " ").map(String.init)
                try #require(words.count == 3, "\(name): \(values)")
                #expect(
                    words[0] == (name.hasPrefix("plan") ? "cancelled" : "CancellationError"),
                    "\(name): \(words)")
                // Promised are 0.2 s and 1 s; the machine may be busy with other tests.
                #expect((0..<3_000).contains(Int(words[1]) ?? -1), "\(name): \(words)")
                #expect((0..<8_000).contains(Int(words[2]) ?? -1), "\(name): \(words)")
            }
            #expect(values["afterwards"] == "1", "\(values)")
        }
    }
}
