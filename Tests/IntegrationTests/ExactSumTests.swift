// Sums of integers that are beyond their type on the way, on several numbers of cores; and sizes
// up to the largest number.

import Glibc
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct ExactSumTests {
        @Test func `a sum fails if and only if its total does not fit, on any number of cores`()
            throws
        {
            let wider = " /   task N /   Make them a wider type first, such as Int128 or Double."
            func beyond(_ chain: String, _ type: String = "Int") -> String {
                "taskFailed: \(chain): the sum is beyond what \(type) holds\(wider)"
            }
            let last = Int128(Int.max) - 1
            let first = Int128(Int.max) - 300_000
            let squares = (0..<300_000 as Range<Int128>).reduce(0) { $0 + $1 * $1 }
            let expected = [
                "swinging": "0",
                "swinging, and one beyond": beyond("range.map(swinging).sum (answer)"),
                "rising, then falling": "0", "stored": "0", "mean": "0.0", "Int8": "127",
                "Int8 beyond": beyond("range.map(byteOf).sum (answer)", "Int8"), "Int32": "0",
                "UInt8": "255", "UInt64": "\(UInt64.max)",
                "Int128 of Int": "\((first + last) * 150_000)", "Int128": "0",
                "Int128 kept": "true true", "grouped": #"["0:0", "1:0"]"#,
                "grouped, rising, then falling": #"["0:0", "1:0"]"#,
                "grouped beyond": beyond(
                    "range.map(swinging).grouped(by: quarterOf, sum(of: plusNothing)) (answer)"),
                "grouped with counts": #"["0:0", "1:0"]"#,
                "prefix sums": "400000 [\(-Int.max), 0, \(Int.max)] 0",
                "prefix sums beyond": beyond("array.scan(sum) (pages)"),
                "own reduction": "\(squares)", "function that stops": "0",
                "first 0": "true", "first 3": "true", "first 5000": "true",
            ]
            for cores in [1, 2, 3, 5] {
                let values = try told("exact-sums", "\(cores)")
                for (name, value) in expected {
                    #expect(values[name] == value, "\(name), \(cores) cores")
                }
                for name in ["first 5001", "first of those that are left"] {
                    #expect(
                        values[name]?.contains(" threw Refused(number: ") == true,
                        "\(values[name] ?? "nothing"), \(cores) cores")
                }
                #expect(
                    values["function that throws"]?.contains("threw Refused(number: 0)") == true,
                    "\(cores) cores")
            }
        }

        @Test func `random reductions are as wide serial sums, on any number of cores and pages`()
            throws
        {
            let seed = UInt64.random(in: 0..<1 << 40)
            let values = try told("random-sums", "\(seed)")
            #expect(values["wrong"] == "[]", "seed \(seed)")
            // Both kinds are there.
            for kind in ["fitting", "beyond"] {
                #expect(values[kind].flatMap { Int($0) } ?? 0 > 10, "\(values)")
            }
        }

        @Test func `sizes up to the largest number are answered, or refused in words`() throws {
            // A file system in memory has files of any size.
            var template = Array("/dev/shm/swoop-endless-XXXXXX".utf8CString)
            try #require(unsafe mkdtemp(&template) != nil)
            let bytes = template.dropLast().map { UInt8(bitPattern: $0) }
            let folder = String(decoding: bytes, as: UTF8.self)
            defer {
                _ = unsafe unlink("\(folder)/few")
                _ = unsafe unlink("\(folder)/endless")
                _ = unsafe rmdir(folder)
            }
            let values = try told("endless", folder)
            expectRanges(values)
            expect(
                values,
                [
                    "windows": "0", "windows of two less": "0", "slice": "[1, 2]",
                    "slice of nothing": "[]",
                    "lists": "[[3, 2, 1], [1, 2, 3], [3, 1, 2], [3, 1, 2], [3, 1, 2]]",
                    "collect": "[3, 1, 2]",
                    "rounds":
                        "invalidPlan: a loop of \(Int.max) rounds /   Pass \(UInt32.max) or less.",
                    "afterwards": "2",
                    "cores":
                        "unreachable: a cluster of \(Int.max) cores /   Set `cores` to a number "
                        + "from 1 to 4096.",
                    "no cores":
                        "unreachable: a cluster of 0 cores /   Set `cores` to a number from 1 to "
                        + "4096.",
                    "cores below 0":
                        "unreachable: a cluster of -1 cores /   Set `cores` to a number from 1 to "
                        + "4096.",
                    "budget":
                        "unreachable: a cluster with \(Int.max) bytes for pages /   Set "
                        + "`pageBudget` to what the machine can spare, in bytes.",
                    "budget below 0":
                        "unreachable: a cluster with -1 bytes for pages /   Set `pageBudget` to "
                        + "what the machine can spare, in bytes.",
                ])
            for width in [Int.max, Int.max - 1, 1 << 62] {
                let told = values["records of \(width)"] ?? ""
                #expect(told.contains("9 bytes, no multiple of the \(width) bytes"), "\(told)")
            }
            if values["endless file"] == nil {
                for name in ["lines", "records", "one record", "two of them"] {
                    let told = values[name] ?? ""
                    #expect(told.hasPrefix("invalidPlan: \(folder)/endless, of \(Int.max) bytes"))
                    #expect(told.contains("parts, and 1048576 are the most"), "\(told)")
                }
                #expect(values["table"]?.contains("endless") == true)
            }
        }

        private func expectRanges(_ values: [String: String]) {
            let few = [
                "near the end": Int.max - 5..<Int.max,
                "near the beginning": Int.min..<Int.min + 5,
            ]
            for (name, range) in few {
                #expect(values["first, \(name)"] == "\(Array(range.prefix(2)))")
                #expect(values["kept, \(name)"] == "\(Array(range))")
                #expect(values["count, \(name)"] == "5")
                #expect(
                    values["sum, \(name)"] == "\(range.reduce(0 as Int128) { $0 + Int128($1) })")
            }
            let many = [
                "from 0": 0..<Int.max, "to 0": -Int.max..<0,
                "half": -(1 << 62)..<(1 << 62) - 1,
            ]
            for (name, range) in many {
                #expect(values["first, \(name)"] == "\(Array(range.prefix(2)))")
                for operation in ["kept", "grouped", "sorted"] {
                    let told = values["\(operation), \(name)"] ?? ""
                    #expect(
                        told.hasPrefix("invalidPlan: a range of \(range.count) integers would be"),
                        "\(operation), \(name): \(told)")
                }
            }
            #expect(values["cancelled"] == "ended")
        }
    }
}
