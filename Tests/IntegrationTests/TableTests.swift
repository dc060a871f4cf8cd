// Tables and records in files: rows read in parallel against rows as they were written, and what is
// said of files that are not what they were taken for.

import Glibc
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct TableTests {
        /// A row as the test writes it.
        private struct Row {
            var id: Int
            var person: String
            var amount: Double?
            var isPaid: Bool

            /// Two kinds of quoting, and a column that nobody asks for.
            var text: String {
                let number = amount.map { "\($0)" } ?? ""
                let quoted = person.contains { ",\n\"".contains($0) }
                let name = person.split(separator: "\"", omittingEmptySubsequences: false)
                    .joined(separator: "\"\"")
                return "\(number),unasked,\(quoted ? "\"\(name)\"" : name),\"\(id)\","
                    + "\(isPaid ? "true" : "0")\(id % 5 == 0 ? "\r" : "")\n"
            }
        }

        private func rows(_ count: Int) -> [Row] {
            let people = [
                "Ada", "Bob, the second", "C. \"Cy\" Young", "line one\nline two", "Élodie", "",
            ]
            return (0..<count).map { index in
                Row(
                    id: index, person: people[index % people.count],
                    amount: index % 7 == 0 ? nil : Double(index % 1_000) / 8,
                    isPaid: index % 3 == 0)
            }
        }

        private func write(_ text: String, _ name: String, _ folder: TestFolder) {
            write(Array(text.utf8), name, folder)
        }

        private func write(_ bytes: [UInt8], _ name: String, _ folder: TestFolder) {
            let file = unsafe open(
                "\(folder.path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            var done = 0
            while done < bytes.count {
                let result = unsafe bytes.withUnsafeBytes {
                    unsafe Glibc.write(file, $0.baseAddress! + done, bytes.count - done)
                }
                guard result > 0 else { break }
                done += result
            }
            _ = close(file)
        }

        private func writeFiles(_ rows: [Row], _ folder: TestFolder) {
            write(
                "amount,other,person,id,isPaid\n" + rows.map(\.text).joined(), "trades.csv", folder)
            let header = "id,person,amount,isPaid\n"
            write(header + "1,Ada,0.5,true\n2,\"a\nb\",,FALSE\n", "small.csv", folder)
            write("isPaid,id,x,amount,person\r\n1,3,,-1e3,\r\n", "other-order.csv", folder)
            write("person;id;Betrag;bezahlt\nX;1;1.5;1\n", "semicolons.csv", folder)
            write("1,Ada,0.5,true\n\n2,Bob,,0", "headless.csv", folder)
            write(header, "header-only.csv", folder)
            write(header + "1,A,1,1\n2,\"B\nB\",1,1\n3,C,12x,1\n", "bad-number.csv", folder)
            write(header + "1,A,1,1\n2,B,1\n", "bad-width.csv", folder)
            write(
                Array((header + "1,").utf8) + [0xc3, 0x28] + Array(",1,1\n".utf8), "bad-utf8.csv",
                folder)
            write(header + "1,\"A\" B,1,1\n", "bad-quote.csv", folder)
            write(header + "1,A,1,1\n2,\"B,1,1\n3,C,1,1\n", "no-end.csv", folder)
            write(header + "1,A,1,1\n,B,1,1\n", "no-value.csv", folder)
            let many = (0..<40).map { $0 % 3 == 1 ? "x,\"\n\",1,1\n" : "\($0),A,1,1\n" }
            write(header + many.joined(), "many-bad.csv", folder)
            write("", "empty.csv", folder)
            write("id,person,amount\n1,A,1\n", "no-column.csv", folder)
            for name in ["changed.csv", "truncated.csv", "removed.csv"] {
                write(header + "1,A,1,1\n", name, folder)
            }
            unsafe mkdir("\(folder.path)/folder", 0o700)
            var samples: [UInt8] = []
            var numbers: [UInt8] = []
            for index in 0..<100_000 {
                append(UInt64(index), to: &samples)
                append((Float(index % 10) / 4).bitPattern, to: &samples)
                append(UInt16(7), to: &samples)
                samples.append(index % 2 == 0 ? 1 : 0)
                append(UInt64(bitPattern: Int64(index) * -3), to: &numbers)
            }
            write(samples, "samples.bin", folder)
            write(numbers, "numbers.bin", folder)
        }

        private func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
            for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }

        @Test(arguments: ["here", "sent"])
        func `rows are what was written, wherever the table is cut`(_ way: String) throws {
            let folder = try TestFolder()
            let rows = rows(120_000)
            writeFiles(rows, folder)
            let values = try told("tables", folder.path, way)
            let counts = [
                rows.count, rows.map(\.id).reduce(0, +), rows.count { $0.amount == nil },
                rows.count { !$0.isPaid }, rows.map(\.person.utf8.count).reduce(0, +),
            ]
            // Eighths: their sum is exact in whatever order.
            let sum = rows.compactMap(\.amount).reduce(0, +)
            #expect(values["rows"] == "\(counts) \(sum.bitPattern)")
            #expect(values["two files"] == "1|Ada|0.5|true; 2|a / b|nil|false; 3||-1000.0|true")
            #expect(values["semicolons"] == #"["1|X|1.5|true"]"#)
            #expect(values["by position"] == #"["1|Ada|0.5|true", "2|Bob|nil|false"]"#)
            #expect(values["header only"] == "0")
            #expect(values["stored rows"] == "[1, 2]")
            expectBadRows(values, folder)
            expectRefusedFiles(values, folder)
            expectRecords(values, folder)
        }

        @Test func `a file is sent part by part, as there is room`() throws {
            let folder = try TestFolder()
            let line = Array(String(repeating: "0123456789abcde\n", count: 4_096).utf8)
            let file = unsafe open(
                "\(folder.path)/large", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            for _ in 0..<3_200 { _ = unsafe Glibc.write(file, line, line.count) }
            _ = close(file)
            let count = 3_200 * 4_096
            let values = try told("streaming", "\(folder.path)/large")
            #expect(values["lines"] == "[\(count), \(count * 15)]")
            // The file has 200 MiB, and the pages of the cluster 64.
            let peak = values["peak"].flatMap { Int($0) } ?? 0
            #expect((1..<140).contains(peak), "\(peak) MiB")
            // Of each part as much as a run looks at, at least a window of its text.
            #expect(values["beginning"] == "\([Int](repeating: 15, count: 10))")
            let read = values["read for it"].flatMap { Int($0) } ?? 0
            #expect((1..<100).contains(read), "\(read) MiB")
        }

        private func expectBadRows(_ values: [String: String], _ folder: TestFolder) {
            func expect(_ name: String, _ text: String, line: Int, to last: Int? = nil) {
                let told = values[name] ?? ""
                let lines = last.map { "lines \(line) to \($0)" } ?? "line \(line)"
                let place = "\(folder.path)/\(name).csv, \(lines): \(text)"
                #expect(told.hasPrefix("error sourceFailed") && told.contains(place), "\(told)")
            }
            expect("bad-number", "column \"amount\" has \"12x\", which is no Double", line: 5)
            expect("bad-width", "it has 3 fields, and the table has 4 columns", line: 3)
            expect("bad-utf8", "column \"person\" is not UTF-8", line: 2)
            expect("bad-quote", "text follows the quote that ends a field", line: 2)
            expect("no-end", "a quoted field that begins in it has no end", line: 3, to: 4)
            expect("no-value", "column \"id\" has no value", line: 3)
            // Each bad row has two lines.
            let kept = (0..<40).filter { $0 % 3 != 1 }
            let lines = (0..<10).map { "\(3 + 4 * $0)" }.joined(separator: ",")
            #expect(values["left out"] == "\(kept) 13 \(lines)")
            #expect(values["nothing wrong"] == "no row was refused")
        }

        private func expectRefusedFiles(_ values: [String: String], _ folder: TestFolder) {
            func expect(_ name: String, _ code: String, _ text: String) {
                let told = values[name] ?? ""
                #expect(told.hasPrefix("error \(code): ") && told.contains(text), "\(told)")
            }
            let path = folder.path
            expect(
                "absent.csv", "sourceMissing", "\(path)/absent.csv cannot be read: no such file")
            expect("absent/in.csv", "sourceMissing", "cannot be read: no such file")
            expect("folder", "sourceFailed", "\(path)/folder cannot be read: it is a folder")
            expect("empty.csv", "invalidPlan", "empty.csv: the file is empty: it has no header")
            expect(
                "no-column.csv", "invalidPlan",
                "no-column.csv: it has no column \"isPaid\"; its columns are \"id\", \"person\"")
            expect("unfit record", "invalidPlan", "\"list\" is of a type that no text stands for")
            expect("unfit separator", "invalidPlan", "\"é\" cannot separate the fields")
            expect("changed", "sourceChanged", "changed.csv has changed since the plan was made")
            expect("truncated", "sourceChanged", "truncated.csv has changed since the plan")
            expect("removed", "sourceMissing", "removed.csv cannot be read: no such file")
        }

        private func expectRecords(_ values: [String: String], _ folder: TestFolder) {
            let times = (0..<100_000).filter { $0 % 2 == 0 }.reduce(0, +)
            let firsts = (0..<100_000).reduce(0) { $0 + $1 % 256 + ($1 % 2 == 0 ? 1 : 0) }
            #expect(values["samples"] == "\(times) 112500.0 \(firsts)")
            #expect(values["numbers"] == "Optional(0)")
            let told = values["wrong size"] ?? ""
            let text = "small.csv has 54 bytes, no multiple of the 8 bytes of a Int"
            #expect(told.hasPrefix("error sourceFailed") && told.contains(text), "\(told)")
            #expect(values["no fixed width"]?.contains("Trade has no fixed width") == true)
        }
    }
}
