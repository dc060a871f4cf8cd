// Files that are missing, denied, changed, no text or no table, and places that cannot be written
// to: what a user sees, word for word, whoever reads the files.

import Glibc
import SwoopLaunching
import TestPrograms
import Testing

/// Runs the program to its end, as root without root's right to read and write everything, and
/// answers with what it told; the folder's path is told as `DIR`.
func toldUnprivileged(
    _ arguments: [String], in folder: TestFolder,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> [String: String] {
    let run = try ProgramRun(
        (getuid() == 0 ? ["unprivileged"] : []) + arguments, in: folder)
    let status = try run.end(within: 120)
    #expect(status == .exited(0), "\(run.output)\(run.errors)", sourceLocation: sourceLocation)
    return run.values.mapValues { $0.replacing(folder.path, with: "DIR") }
}

/// Holds what was told against what is right.
func expect(
    _ values: [String: String], _ expected: KeyValuePairs<String, String>,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    for (name, text) in expected {
        #expect(values[name] == text, "\(name)", sourceLocation: sourceLocation)
    }
}

/// `FILE:LINE` of the line of a file of the test program that has this text.
func place(_ text: String, in file: String) -> String {
    let path = #filePath.replacing("IntegrationTests/WrongFileTests", with: "TestProgram/\(file)")
    let source = String(decoding: contents(of: path), as: UTF8.self)
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
    return "\(file).swift:\((lines.firstIndex { $0.contains(text) } ?? -2) + 1)"
}

private let path = " /   Check the path; it goes by the folder that the program runs in."
private let rights = " /   Check whom it belongs to, and who may read or write it."
private let change = " /   Leave the file as it is until it is read, or make the plan again."
private let names =
    " /   `columns:` names columns whose names differ from the fields'; `hasHeader: false` is for "
    + "tables without a header."

extension ProgramTests {
    @Suite struct WrongFileTests {
        @Test(arguments: ["here", "sent", "agents"])
        func `what is wrong with a file is said by name, whoever reads it`(_ way: String) throws {
            let folder = try TestFolder()
            let values = try toldUnprivileged(["wrong-files", folder.path, way], in: folder)
            expect(
                values,
                [
                    "lines of absent":
                        "sourceMissing: DIR/absent cannot be read: no such file" + path,
                    "lines of locked":
                        "sourceDenied: DIR/locked cannot be read: permission denied" + rights,
                    "lines of .": "sourceFailed: DIR/. cannot be read: it is a folder",
                    "lines of pipe":
                        "sourceFailed: DIR/pipe cannot be read: it is a pipe, which one process "
                        + "can read once: write what comes of it to a file first",
                    "lines of locked/below":
                        "sourceMissing: DIR/locked/below cannot be read: no such file" + path,
                    "stanzas of absent":
                        "sourceMissing: DIR/absent cannot be read: no such file" + path,
                    "records of absent":
                        "sourceMissing: DIR/absent cannot be read: no such file" + path,
                    "records of locked":
                        "sourceDenied: DIR/locked cannot be read: permission denied" + rights,
                    "one of two":
                        "sourceFailed: DIR/pipe cannot be read: it is a pipe, which one process "
                        + "can read once: write what comes of it to a file first",
                    "shared absent":
                        "sourceMissing: DIR/absent cannot be read: no such file" + path,
                    "no files": "0",
                    "separator ''":
                        "invalidPlan: \"\" separates nothing: it is empty or can overlap itself",
                    "separator 'aa'":
                        "invalidPlan: \"aa\" separates nothing: it is empty or can overlap itself",
                    "afterwards": "2",
                ])
            expectChanges(values, way)
            expectTexts(values)
        }

        private func expectChanges(_ values: [String: String], _ way: String) {
            // Who reads is named where it is a task.
            let loop = way == "sent" ? "" : "lines.map(lineBytes).sum: "
            let stay = way == "sent" ? "" : "lines.map(lingering).sum: "
            let changed = "has changed since the plan was made /   task N" + change
            expect(
                values,
                [
                    "before: grown": "sourceChanged: \(loop)DIR/grown \(changed)",
                    "before: shrunk": "sourceChanged: \(loop)DIR/shrunk \(changed)",
                    "before: removed":
                        "sourceMissing: \(loop)DIR/removed cannot be read: no such file /   task N"
                        + path,
                    "before: locked later":
                        "sourceDenied: \(loop)DIR/locked later cannot be read: permission denied"
                        + " /   task N" + rights,
                ])
            for name in ["while read, grown", "while read, shrunk"] {
                // What is sent may all have been read before.
                let whole = way == "sent" ? values[name].flatMap { Int($0) } : nil
                if let whole {
                    #expect(whole > 24_000_000, "\(name)")
                } else {
                    #expect(values[name] == "sourceChanged: \(stay)DIR/\(name) \(changed)")
                }
            }
        }

        private func expectTexts(_ values: [String: String]) {
            let long = 5 << 20
            expect(
                values,
                [
                    "empty": "0 0 -1", "one byte": "1 1 1", "no end": "2 4 2",
                    "line feed alone": "1 0 0", "carriage returns": "4 6 2", "zeros": "2 4 3",
                    "no text": "3 4 2",
                    "no text as text": "[\"\u{fffd}\u{fffd}\", \"\u{fffd}\", \"\u{fffd}\"]",
                    "zeros counted": "3", "long lines": "4 \(2 * long + 2) \(long)",
                    "one long line": "1 \(3 * long) \(3 * long)",
                    "empty as stanzas, records and pieces": "[0, 0, 0]",
                    "mean of an empty file": "nan",
                ])
        }

        @Test(arguments: ["here", "sent"])
        func `what is wrong with a table is said by line, column and text`(_ way: String) throws {
            let folder = try TestFolder()
            let values = try toldUnprivileged(["wrong-tables", folder.path, way], in: folder)
            func row(_ file: String, _ text: String) {
                let told =
                    "sourceFailed: csv(Reading).map(readingText).prefix: DIR/\(file).csv, \(text)"
                    + " /   task N"
                #expect(values[file] == told, "\(file)")
            }
            row("no number", "line 3: column \"value\" has \"x\", which is no Double")
            row("too large", "line 3: column \"id\" has \"65536\", which is beyond UInt16")
            row("negative", "line 3: column \"id\" has \"-1\", which is beyond UInt16")
            row("fraction", "line 3: column \"id\" has \"1.5\", which is no UInt16")
            row("no Bool", "line 3: column \"isGood\" has \"maybe\", which is no Bool")
            row("no value", "line 3: column \"id\" has no value")
            row("no Bool at all", "line 3: column \"isGood\" has no value")
            row("too few", "line 3: it has 2 fields, and the table has 4 columns")
            row("too many", "line 3: it has 5 fields, and the table has 4 columns")
            row("behind a quote", "line 3: text follows the quote that ends a field")
            row("no closing quote", "lines 4 to 5: a quoted field that begins in it has no end")
            let shown = String(repeating: "9x", count: 20)
            row("long field", "line 3: column \"value\" has \"\(shown)…\", which is no Double")
            row("nothing in quotes", "line 2: column \"value\" has \"\", which is no Double")
            row("no text", "line 2: column \"name\" is not UTF-8")
            row(
                "no end for long",
                "lines 2 to 300001: a quoted field that begins in it has no end; a row of 300000 "
                    + "lines: is a quote missing in it, or one too many?")
            row("beyond", "line 2: column \"value\" has \"1e400\", which is beyond Double")
            row("hexadecimal", "line 2: column \"value\" has \"0x10\", which is no Double")
            expect(
                values,
                [
                    "quote in the middle": #"["7|ok|nil|true", "1|a\"b\"|1.0|true"]"#,
                    "blanks": #"["7|ok|nil|true", "1|a|2.5|true"]"#,
                    "optional": #"["1||nil|true", "2||nil|false", "3|c|3.0|true"]"#,
                    "mark": #"["1|é|nan|false"]"#,
                    "infinite": #"["1|a|inf|true", "2|a|-inf|true"]"#,
                    "quoted over many parts": "2 23", "header alone": "[]",
                    "left out": #"["1|a|1.0|true", "3|c\nd|1.0|true"]"#,
                ])
            expectHeaders(values)
            expectRecords(values)
        }

        private func expectHeaders(_ values: [String: String]) {
            func head(_ file: String, _ text: String) {
                #expect(values[file] == "invalidPlan: DIR/\(file).csv: \(text)", "\(file)")
            }
            head(
                "no header",
                "it has no column \"id\"; its columns are \"1\", \"a\", \"1\", \"true\"" + names)
            head(
                "column missing",
                "it has no column \"isGood\"; its columns are \"id\", \"name\", \"value\"" + names)
            head("column twice", "it has 2 columns \"name\"")
            head("header open", "a quoted field that begins in its first row has no end")
            head("empty table", "the file is empty: it has no header" + names)
            head(
                "other separator",
                "it has no column \"id\"; its columns are \"id;name;value;isGood\"" + names)
            let line = "DIR/left-out.csv, line"
            expect(
                values,
                [
                    "no such field":
                        "invalidPlan: DIR/header alone.csv: the record has no field \"nmae\""
                        + names,
                    "too narrow without header":
                        "invalidPlan: DIR/column missing.csv: its first row has 3 fields, and the "
                        + "record has 4",
                    "no table":
                        "sourceFailed: /proc/self/exe is no text to read: it is an executable "
                        + "(ELF) /   Check the path.",
                    "no field":
                        "invalidPlan: \"\"\" cannot separate the fields of a table /   Use a "
                        + "character of one byte that is no quote and no line end.",
                    "report":
                        "4 rows were refused / \(line) 3: column \"id\" has \"x\", which is no "
                        + "UInt16 / \(line) 6: it has 2 fields, and the table has 4 columns / "
                        + "\(line) 7: column \"value\" has \"?\", which is no Double / \(line) 8: "
                        + "a quoted field that begins in it has no end",
                ])
        }

        private func expectRecords(_ values: [String: String]) {
            let look = " /   Look at the record's fields, and whether the file is complete."
            let file = "sourceFailed: DIR/records.bin has 31 bytes, no multiple of the"
            expect(
                values,
                [
                    "a byte more": "\(file) 15 bytes of a Sample" + look,
                    "a byte more in bytes": "\(file) 10 bytes of a record" + look,
                    "records of no bytes": "invalidPlan: records of 0 bytes",
                    "no width":
                        "invalidPlan: String has no fixed width /   Use fields that are numbers or "
                        + "Bool, or `records(_:byteCount:)`.",
                    "no Bool in a record":
                        "sourceFailed: records.map(Sample).map(sampleTime).sum: the bytes of a "
                        + "record are no Sample: malformed(\"Bool\") /   task N",
                ])
        }

        @Test(arguments: ["here", "sent"])
        func `places that cannot be written to are named, and what was begun is gone`(
            _ way: String
        ) throws {
            let folder = try TestFolder()
            let full = folder.path + "/full"
            var isMounted = false
            if getuid() == 0, unsafe mkdir(full, 0o700) == 0 {
                isMounted = unsafe mount("test", full, "tmpfs", 0, "size=1m") == 0
            }
            defer { if isMounted { _ = unsafe umount2(full, 2) } }
            let values = try toldUnprivileged(["wrong-outputs", folder.path, way], in: folder)
            let part = way == "sent" ? "" : "range.map(longLine).saved: "
            let task = way == "sent" ? "" : " /   task N"
            let again = " /   Pass replacing: true, or save under another name."
            let begin = " /   Add one to the folder's path, such as `out/part`."
            expect(
                values,
                [
                    "folders made": "20000 in DIR/new/of/it/part-00000.txt",
                    "in a file":
                        "sourceFailed: DIR/file cannot be written: Not a directory",
                    "a folder of that name":
                        "invalidPlan: DIR/part-00001.txt is there already" + again,
                    "a folder of that name, replaced":
                        "sourceFailed: \(part)DIR/part-00001.txt cannot be written: Is a "
                        + "directory\(task)",
                    "no name":
                        "invalidPlan: \"DIR/new/\" is not the beginning of the paths of files"
                        + begin,
                    "nothing":
                        "invalidPlan: \"\" is not the beginning of the paths of files" + begin,
                    "earlier": "20000 in DIR/early-00000.txt",
                    "earlier again": "invalidPlan: DIR/early-00000.txt is there already" + again,
                    "earlier replaced": "20000 in DIR/early-00000.txt",
                    "may not be made":
                        "sourceDenied: \(part)DIR/locked/below cannot be written: Permission "
                        + "denied\(task)" + rights,
                    "may not be looked at":
                        "sourceDenied: DIR/locked cannot be written: Permission denied" + rights,
                    "afterwards": "2",
                ])
            expectParts(values, part: part, task: task)
            if isMounted {
                #expect(values["left on the full disk"] == "[]")
                #expect(values["fits now"] == "1000 in DIR/full/part-00000.txt")
            }
            #expect(TestFolder.names(in: folder.path).filter { $0.hasSuffix("~") } == [])
        }

        /// Which part was the first to fail is not said.
        private func expectParts(_ values: [String: String], part: String, task: String) {
            func expectPart(_ name: String, _ code: String, _ path: String, _ reason: String) {
                guard let told = values[name] else { return #expect(name == "full") }
                let number = told.firstRange(of: "\(path)-0").map { range in
                    String(told[range.upperBound...].prefix(4))
                }
                let text =
                    "\(code): \(part)\(path)-0\(number ?? "?").txt cannot be written: \(reason)"
                #expect(told == text, "\(name)")
            }
            expectPart(
                "may not be written", "sourceDenied", "DIR/locked/part",
                "Permission denied" + task + rights)
            expectPart(
                "long name", "sourceFailed", "DIR/" + String(repeating: "n", count: 300),
                "File name too long" + task)
            expectPart(
                "in /proc", "sourceDenied", "/proc/self/part",
                "Operation not permitted" + task + rights)
            expectPart("full", "sourceFailed", "DIR/full/part", "No space left on device" + task)
            expect(
                values,
                [
                    "records of no width":
                        "invalidPlan: String has no fixed width /   Save it as CSV, or use fields "
                        + "that are numbers or Bool.",
                    "header of another width":
                        "invalidPlan: a header of 1 names for the 4 columns of Trade",
                    "thrown while it was written":
                        "taskFailed: range.map(failsLate).saved threw Refused(number: 30000)"
                        + ", for element 30000"
                        + " /   at \(place("throw Refused(number: i) }", in: "Saving")) /   task N",
                    "shorter while mapped":
                        "workerDied: readsPast ended its worker process: signal 7, SIGBUS. It was "
                        + "tried 3 times. /   at \(place("8_192", in: "WrongOutputs"))"
                        + " /   task N /   Memory that it read is behind no file any more, or the "
                        + "system has none left: look for a mapped file that became shorter, and "
                        + "for full disks and memory.",
                ])
        }
    }
}
