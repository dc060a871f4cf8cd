// What an estimate of a plan rests on that ran once: measurements, whatever the plan reads.

import Glibc
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct EvidenceTests {
        @Test func `a plan that ran before is measured where its sizes are known`() throws {
            let folder = try TestFolder()
            let path = "\(folder.path)/lines"
            let file = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            let text = Array(String(repeating: "a line of some bytes\n", count: 40_000).utf8)
            _ = unsafe write(file, text, text.count)
            _ = close(file)
            let values = try told("evidence", path)
            for name in [
                "range", "stored", "text", "sorted, stored", "prefix sums", "zip", "windows",
                "calls",
            ] {
                #expect(values[name] == "measured true", "\(name)")
            }
        }
    }
}
