// What an estimate of a plan rests on that ran once: measurements, whatever the plan reads.

import Glibc
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct EvidenceTests {
        @Test func `the second run of an identical plan is measured, whatever its source`() throws {
            let folder = try TestFolder()
            let path = "\(folder.path)/lines"
            let file = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            let text = Array(String(repeating: "a line of some bytes\n", count: 40_000).utf8)
            _ = unsafe write(file, text, text.count)
            _ = close(file)
            let values = try told("evidence", path)
            for name in Self.known { expectMeasured(name, values) }
            #expect(values["larger array"] != nil && values["larger array"] != "measured")
        }

        @Test func `so it is where the plan makes what it reads, shuffles or goes round`() throws {
            let values = try told("made-evidence")
            for name in Self.made + Self.shuffled + Self.rounds { expectMeasured(name, values) }
            // How often a loop goes round that data ends, no run before tells of the next.
            #expect(values["rounds until"]?.hasPrefix("guess") == true)
            for name in ["larger made", "larger sort"] {
                #expect(values[name] != nil && values[name] != "measured", "\(name)")
            }
        }

        private func expectMeasured(_ name: String, _ values: [String: String]) {
            #expect(
                values[name] == "measured, near: true",
                "\(name): \(values["\(name): in numbers"] ?? "no numbers")")
        }

        private static let known = [
            "range", "stored", "text", "prefix sums", "zip", "windows", "calls", "calls of calls",
            "array", "array, some", "three", "none", "texts", "zip, sent",
            "zip, stored and sent", "zip, sent and stored", "zip, stored and made",
            "windows, sent", "prefix sums, sent",
        ]
        private static let made = [
            "made", "made twice", "made of sent", "made texts", "made of each", "made, zip",
            "made, windows", "made, prefix sums", "made of little",
        ]
        private static let rounds = ["rounds", "rounds over an array"]
        private static let shuffled = [
            "grouped", "grouped, range", "grouped, made", "grouped, few keys", "sorted",
            "sorted by few keys", "sorted, stored", "sorted, range", "sorted, three",
            "sorted, made", "distinct", "distinct, sent", "joined", "left joined, sent", "groups",
        ]
    }
}
