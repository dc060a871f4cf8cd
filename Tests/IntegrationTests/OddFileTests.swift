// Files that are not what they are taken for and paths that other processes understand otherwise:
// what they are is said, or they are read right; rows that are left out are said once; keys have
// one meaning in every operation.

import SwoopLaunching
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct OddFileTests {
        @Test(arguments: ["here", "sent"])
        func `a file that is no text is named for what it is, with what makes a text of it`(
            _ way: String
        ) throws {
            let folder = try TestFolder()
            let values = try toldUnprivileged(["odd-files", folder.path, way], in: folder)
            let decompress = " /   Decompress it first: `gzip -dk DIR"
            let returns =
                "text whose lines end in carriage returns alone /   End them in line "
                + "feeds: `tr '\\r' '\\n' < DIR"
            let separator = " > NEW`; or read it with `text(_:separator: \"\\r\")`."
            expect(
                values,
                [
                    "small.gz":
                        "sourceFailed: DIR/small.gz is no text to read: it is compressed with gzip"
                        + decompress + "/small.gz`.",
                    "marked":
                        "sourceFailed: DIR/marked is no text to read: it is text in UTF-16 /   "
                        + "Make it UTF-8: `iconv -f UTF-16 -t UTF-8 DIR/marked > NEW`.",
                    "bare":
                        "sourceFailed: DIR/bare is no text to read: it is text in UTF-16LE /   "
                        + "Make it UTF-8: `iconv -f UTF-16LE -t UTF-8 DIR/bare > NEW`.",
                    "carriage":
                        "sourceFailed: DIR/carriage is no text to read: it is " + returns
                        + "/carriage" + separator,
                    "late carriage":
                        "sourceFailed: DIR/late carriage is no text to read: it is "
                        + returns.replacing("< DIR", with: "< 'DIR") + "/late carriage'"
                        + separator,
                    "late feed": "2",
                    "zeros":
                        "sourceFailed: DIR/zeros is no text to read: it is text in pieces that end "
                        + "in zero bytes /   Read it with `text(_:separator: \"\\0\")`; or make "
                        + "lines of it: `tr '\\0' '\\n' < DIR/zeros > NEW`.",
                    "document in words": #"["%PDF-1.7", "is a mark"]"#,
                    "carriage by separator": #"["a", "b", "c"]"#,
                    "mark": #"["ab", "cd"]"#,
                    "records.gz":
                        "sourceFailed: DIR/records.gz is no file of records: it is compressed with "
                        + "gzip" + decompress + "/records.gz`.",
                    "empty first": #"["1|a|1.0|true"]"#,
                    "carriage table":
                        "sourceFailed: DIR/carriage table.csv is no text to read: it is "
                        + returns.replacing("< DIR", with: "< 'DIR") + "/carriage table.csv'"
                        + separator,
                    "zipped table":
                        "sourceFailed: DIR/small.gz is no text to read: it is compressed with gzip"
                        + decompress + "/small.gz`.",
                ])
            #expect(
                values["empty alone"]?.hasPrefix(
                    "invalidPlan: DIR/empty alone.csv: the file has nothing but empty lines")
                    == true)
            let head = values["controls in the header"] ?? ""
            #expect(
                head.contains(
                    #"no column "id"; its columns are "\u{1b}[2Jid", "na\u{7}me", "value""#))
            let field = values["controls in a field"] ?? ""
            #expect(
                field.contains(
                    #"line 2: column "value" has "\u{1b}[31m\u{9b}2J", which is no Double"#))
            for (name, text) in values {
                #expect(!text.unicodeScalars.contains { $0.value < 0x20 }, "\(name)")
            }
            expectPaths(values)
        }

        private func expectPaths(_ values: [String: String]) {
            let text = #"["a", "b", "c"]"#
            for name in [
                "descriptor", "descriptor of the process", "link to a descriptor",
                "standard input", "folder of the process",
            ] { #expect(values[name] == text, "\(name)") }
            #expect(values["removed"] == #"["gone"]"#)
            let pipe =
                "cannot be read: it is a pipe, which one process can read once: write what comes "
                + "of it to a file first"
            #expect(values["pipe"]?.hasSuffix(pipe) == true, "\(values["pipe"] ?? "")")
            #expect(values["piped input"] == "sourceFailed: /dev/stdin \(pipe)")
            #expect(
                values["socket"]?.hasSuffix(
                    "cannot be read: it is a socket: write what comes of it to a file first")
                    == true)
            #expect(
                values["device"]
                    == "sourceFailed: /dev/null cannot be read: it is a device, such as a terminal")
            #expect(values["made by the kernel"] == "1 1")
            #expect(values["the same to both"] == "true 1 true")
            #expect(values["own words"] == "odd-files")
        }

        @Test(arguments: ["local", "inline"])
        func `rows that are left out are said once a plan, with all of their lines`(
            cluster: String
        ) throws {
            let folder = try TestFolder()
            let run = try ProgramRun(["left-out", folder.path, cluster], in: folder)
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            let values = run.values
            for round in ["first", "second"] {
                #expect(values["\(round) names"] == #"["a"]"#)
                #expect(values["\(round) count"] == "1")
                #expect(values["\(round) groups"] == "1")
                #expect(values["\(round) distinct"] == #"["a"]"#)
                let path = "\(folder.path)/odd.csv"
                #expect(
                    values["\(round) report"]
                        == "2 rows were refused, 302 lines in all / \(path), line 3: column \"id\" "
                        + "has \"x\", which is no UInt16 / \(path), lines 4 to 304: a quoted field "
                        + "that begins in it has no end; a row of 301 lines: is a quote missing in "
                        + "it, or one too many?")
            }
            let remarks = run.errors.split(separator: "\n").filter { $0.contains("left out") }
            #expect(remarks.count == 2, "\(run.errors)")
            for remark in remarks {
                #expect(
                    remark.contains("swoop: 2 rows were left out, the first: ")
                        && remark.hasSuffix("line 3: column \"id\" has \"x\", which is no UInt16"))
            }
        }

        @Test func `of rows that are left out everywhere a plan says a few lines`() throws {
            let folder = try TestFolder()
            let run = try ProgramRun(["left-out-often", folder.path], in: folder)
            #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["count"] == "59880" && run.values["left out"] == "120")
            let lines = run.errors.split(separator: "\n").filter { $0.contains("left out") }
            #expect(lines.count == 4, "\(run.errors)")
            #expect(lines.prefix(3).allSatisfy { $0.contains(" rows were left out, the first: ") })
            #expect(
                lines.last?.hasSuffix(
                    "more rows were left out further on: `badRows()` counts them all") == true)
        }

        @Test func `a row is too long by its bytes alone, wherever its table is cut or sent`()
            throws
        {
            let folder = try TestFolder()
            let values = try told("long-rows", folder.path)
            let report = values["expected report"] ?? ""
            #expect(report.hasPrefix("8 rows were refused, "))
            for cores in [1, 2, 3, 5] {
                for way in ["here", "sent"] {
                    for what in ["report", "count", "lengths"] {
                        #expect(
                            values["\(way) \(cores) \(what)"] == values["expected \(what)"],
                            "\(way), \(cores) cores")
                    }
                }
            }
        }

        @Test func `a key has one meaning in every operation`() throws {
            let values = try told("key-rules")
            expect(
                values,
                [
                    // Bytes of each text, and how many there are.
                    "texts counted": #"["6:1", "5:2", "1:1"]"#,
                    "texts grouped": #"["6:1", "5:2", "1:1"]"#,
                    "texts distinct": "[6, 5, 1]", "texts sorted": "[6, 5, 5, 1]",
                    "texts joined": "1", "texts looked up": #"["6:7", "1:8"]"#,
                    "texts at the ends": "[[1, 5, 5], [6], [6], [1]]",
                    "texts inside":
                        #"[["6:1", "5:2", "1:1"], ["6:1", "5:2", "1:1"], "#
                        + #"["1:1", "5:2", "6:1"], ["1:1", "5:2", "6:1"]]"#,
                    "numbers counted": #"["0.0:2", "1.0:1", "nan:2"]"#,
                    "numbers grouped": #"["0.0:2", "1.0:1", "nan:2"]"#,
                    "numbers in pairs": #"["0.0:2", "1.0:1", "nan:2"]"#,
                    "numbers in optionals":
                        #"[["0.0:2", "1.0:1", "nan:2"], ["0.0:2", "1.0:1", "nan:2"]]"#,
                    "numbers distinct": "3", "numbers joined": "4",
                    "numbers looked up": "[7, 8, 7, 8]",
                ])
        }
    }
}
