// Files that appear when they are complete, and what is left of those that never are.

import Glibc
import SwoopStorage
import Testing

@Suite struct PartFileTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/swoop-parts-XXXXXX".utf8CString)
        let made = unsafe mkdtemp(&template) != nil
        try #require(made)
        let path = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            for folder in ["\(path)/a/b", "\(path)/a", path] {
                for name in (try? PartFile.names(in: folder, prefix: "", suffix: "")) ?? [] {
                    _ = unsafe unlink("\(folder)/\(name)")
                }
                _ = unsafe rmdir(folder)
            }
        }
        try body(path)
    }

    private func write(_ text: String, to file: inout PartFile) throws {
        let bytes = Array(text.utf8)
        try unsafe bytes.withUnsafeBytes { try unsafe file.write($0) }
    }

    private func contents(of path: String) throws -> String {
        let count = try FileRange.byteCount(of: path)
        var bytes = [UInt8](repeating: 0, count: count)
        try unsafe bytes.withUnsafeMutableBytes {
            try unsafe FileRange.read(path, at: 0, into: $0, count: count)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a file has its name only when it is complete, and replaces one that has it`() throws
    {
        try withFolder { folder in
            for text in ["first", "second"] {
                let before = try? contents(of: "\(folder)/a/b/part")
                var file = try PartFile(at: "\(folder)/a/b/part")
                try write(text, to: &file)
                #expect((try? contents(of: "\(folder)/a/b/part")) == before)
                #expect(file.byteCount == text.utf8.count)
                try file.publish()
                #expect(try contents(of: "\(folder)/a/b/part") == text)
            }
            #expect(try PartFile.names(in: "\(folder)/a/b", prefix: "", suffix: "t") == ["part"])
        }
    }

    @Test func `nothing is left of a file that is given up`() throws {
        try withFolder { folder in
            do {
                var file = try PartFile(at: "\(folder)/part")
                try write("half", to: &file)
            }
            #expect(try PartFile.names(in: folder, prefix: "p", suffix: "").isEmpty)
        }
    }

    @Test func `places that cannot be written to say why`() throws {
        try withFolder { folder in
            var file = try PartFile(at: "\(folder)/part")
            try write("text", to: &file)
            try file.publish()
            var refusals: [String] = []
            for path in ["\(folder)/part/inside", "/proc/none/part"] {
                do throws(StorageError) {
                    let file = try PartFile(at: path)
                    try file.publish()
                } catch {
                    refusals.append("\(error)")
                }
            }
            #expect(refusals.count == 2)
            #expect(refusals[0] == "\(folder)/part/inside cannot be written: Not a directory")
            #expect(refusals[1].hasPrefix("/proc/none cannot be written: "))
        }
    }

    /// Whether this user may mount a small file system.
    private static let canMount: Bool = {
        var template = Array("/tmp/swoop-mount-XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { return false }
        let path = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { _ = unsafe rmdir(path) }
        guard unsafe mount("none", path, "tmpfs", 0, "size=64k") == 0 else { return false }
        return unsafe umount(path) == 0
    }()

    @Test(.enabled(if: canMount, "only root may mount a small file system"))
    func `a full disk is an error that names the file, and nothing is left`() throws {
        try withFolder { folder in
            let isMounted = unsafe mount("none", folder, "tmpfs", 0, "size=64k") == 0
            try #require(isMounted)
            defer { _ = unsafe umount(folder) }
            let text = String(repeating: "x", count: 100_000)
            #expect(
                throws: StorageError.unwritable(
                    path: "\(folder)/part", reason: "No space left on device")
            ) {
                var file = try PartFile(at: "\(folder)/part")
                try write(text, to: &file)
                try file.publish()
            }
            #expect(try PartFile.names(in: folder, prefix: "p", suffix: "").isEmpty)
            var small = try PartFile(at: "\(folder)/part")
            try write("small", to: &small)
            try small.publish()
            #expect(try contents(of: "\(folder)/part") == "small")
        }
    }

    @Test func `a version changes with the file`() throws {
        try withFolder { folder in
            var file = try PartFile(at: "\(folder)/part")
            try write("one", to: &file)
            try file.publish()
            let facts = try FileRange.facts(of: "\(folder)/part")
            var bytes = [UInt8](repeating: 0, count: 3)
            func read(_ count: Int) throws(StorageError) {
                var failure: StorageError?
                unsafe bytes.withUnsafeMutableBytes { target in
                    do throws(StorageError) {
                        try unsafe FileRange.read(
                            "\(folder)/part", at: 0, into: target, count: count,
                            version: facts.version)
                    } catch { failure = error }
                }
                if let failure { throw failure }
            }
            try read(3)
            #expect(bytes == Array("one".utf8))
            var other = try PartFile(at: "\(folder)/part")
            try write("two", to: &other)
            try other.publish()
            #expect(throws: StorageError.changed(path: "\(folder)/part")) { try read(3) }
            #expect(throws: StorageError.missing(path: "\(folder)/none")) {
                try FileRange.facts(of: "\(folder)/none")
            }
            #expect(throws: StorageError.file(path: folder, reason: "it is a folder")) {
                try FileRange.facts(of: folder)
            }
        }
    }
}
