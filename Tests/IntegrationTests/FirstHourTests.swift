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
            #expect(values["record"]?.hasPrefix("taskFailed - LabFault(sample: 7) ") == true)
            #expect(
                values["chain"]?.hasPrefix("taskFailed LabError(sample: ")
                    == true)

            for name in ["place in a range", "place in an array"] {
                #expect(
                    values[name]?.contains(
                        #"threw LabError(sample: 77777, reason: "late"), for element 77777 |"#)
                        == true, "\(values[name] ?? "")")
            }
            #expect(
                values["place in a file"]?.contains(
                    #"threw LabError(sample: 3, reason: "short"), in line 4321 of "#) == true)

            #expect(
                values["plan's time"]?.hasPrefix("timedOut | its plan was given 0.2 s, and") == true
            )
            #expect(values["free after the plan's time"] == "free")
            #expect(
                values["run's time"]?.hasPrefix(
                    "timedOut | hang: it was stopped, since it had not ended within the 0.2 s")
                    == true)
            #expect(values["hung once"] == "1")
            #expect(values["failed twice"] == "2")
            #expect(values["plan cancelled"] == "cancelled")
            #expect(values["counted"]?.hasPrefix("true ") == true)
            #expect(values["cancelled task stops a download"] == "CancellationError true")

            #expect(values["constants in a block"] == "0")
            #expect(values["large constant"] == "8")
            #expect(
                run.errors.contains("swoop: the block at SwoopTestProgram/FirstHour.swift:")
                    && run.errors.contains(" s here, on one core: a call with constants runs at"),
                "\(run.errors)")
            #expect(
                run.errors.contains("a constant of 8.0 MiB stands in 8 calls, and is sent 8 times"))
            let plan = values["plan in words"] ?? ""
            #expect(plan.hasPrefix("Plan load: "), "\(plan)")
            #expect(plan.contains("3 × examine") && plan.hasSuffix("| true true true true"))
            #expect(values["seeds"] == "4 true")
        }
    }
}
