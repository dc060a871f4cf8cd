// Whether a file of a cache is what its digest says, without reading it each time: what the system
// says of a file is written down when its bytes were looked at, and looked up afterwards. The time
// of a file's last change cannot be set back by whoever changed it, and the record lies where only
// its owner can write (OwnFolder).

import Glibc
import SwoopModel
import SwoopTransport

/// What the system says of a file that changes with its bytes, its owner and its rights.
package enum FileState {
    /// For `stat -c` with TZ=UTC0: it prints what `line` makes.
    ///
    /// The last change in words, since that is the form that has its nanoseconds everywhere.
    package static let format = "%n %f %u %i %s %Y %z"

    static func line(_ name: String, _ status: stat) -> String {
        "\(name) \(String(status.st_mode, radix: 16)) \(status.st_uid) \(status.st_ino)"
            + " \(status.st_size) \(status.st_mtim.tv_sec) \(words(for: status.st_ctim))"
    }

    private static func words(for time: timespec) -> String {
        var seconds = time.tv_sec
        var parts = unsafe tm()
        guard unsafe gmtime_r(&seconds, &parts) != nil else { return "never" }
        func digits(_ value: Int32, _ count: Int = 2) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let day = unsafe [
            digits(parts.tm_year + 1_900, 4), digits(parts.tm_mon + 1), digits(parts.tm_mday),
        ]
        let hour = unsafe [digits(parts.tm_hour), digits(parts.tm_min), digits(parts.tm_sec)]
        let fraction = digits(Int32(truncatingIfNeeded: time.tv_nsec), 9)
        return day.joined(separator: "-") + " " + hour.joined(separator: ":") + ".\(fraction) +0000"
    }

    /// The name and the size that a line tells of; nil for what is no such line.
    package static func read(_ line: Substring) -> (name: String, byteCount: Int64)? {
        let words = line.pieces(at: " ")
        guard words.count == 9, let byteCount = Int64(words[4]) else { return nil }
        return (String(words[0]), byteCount)
    }
}

extension BundleCache {
    /// Whether a file is here, this user's own, and what its digest says.
    ///
    /// Its bytes are read unless it is as it was when they were read last, by this process or by
    /// whoever wrote one of the lines.
    func isIntact(_ file: ProgramFile, recorded: Set<String>) -> Bool {
        let path = "\(filesFolder)/\(file.digest)"
        guard let found = status(of: path), found.st_mode & S_IFMT == S_IFREG,
            found.st_mode & 0o022 == 0, found.st_uid == geteuid(),
            Int64(found.st_size) == file.byteCount
        else { return false }
        let line = FileState.line(file.digest, found)
        if recorded.contains(line) || isChecked(line) { return true }
        guard (try? Self.digest(of: path)) == file.digest else { return false }
        noteChecked(line)
        return true
    }

    /// Takes note that a file's bytes are what its digest says.
    func noteChecked(digest: String) {
        guard let found = status(of: "\(filesFolder)/\(digest)") else { return }
        noteChecked(FileState.line(digest, found))
    }

    /// The lines that were written down beside a program.
    func recorded(_ program: ProgramID) -> Set<String> {
        let path = "\(programFolder(program))/\(PlacedProgram.checkedFile)"
        guard let found = status(of: path), found.st_mode & S_IFMT == S_IFREG,
            found.st_mode & 0o022 == 0, found.st_uid == geteuid(),
            let number = try? opened(path, O_RDONLY | O_NOFOLLOW)
        else { return [] }
        let descriptor = OwnedDescriptor(owning: number)
        let text = (try? bytes(of: descriptor, path, offset: 0, count: Self.recordBytesMax)) ?? []
        return Set(String(decoding: text, as: UTF8.self).pieces(at: "\n").map(String.init))
    }

    /// What is to be written down beside a program whose files were all looked at.
    func record(of manifest: ProgramManifest) -> [UInt8] {
        Array(lines(of: manifest).map { $0 + "\n" }.joined().utf8)
    }

    /// Whether all of that was written down.
    func isRecorded(_ manifest: ProgramManifest, in recorded: Set<String>) -> Bool {
        lines(of: manifest).allSatisfy(recorded.contains)
    }

    private func lines(of manifest: ProgramManifest) -> [String] {
        manifest.digests.compactMap { digest in
            status(of: "\(filesFolder)/\(digest)").map { FileState.line(digest, $0) }
        }
    }

    /// Writes it down; where that fails the bytes are read once more next time.
    func writeRecord(of manifest: ProgramManifest) {
        let temporary = "\(incomingFolder)/\(TemporaryName.make())"
        let path = "\(programFolder(manifest.id))/\(PlacedProgram.checkedFile)"
        guard (try? writeFile(temporary, record(of: manifest), mode: 0o600)) != nil,
            unsafe rename(temporary, path) == 0
        else {
            _ = unsafe unlink(temporary)
            return
        }
    }

    /// A manifest of the most files makes no more.
    private static let recordBytesMax = 256 << 10

    private static func digest(of path: String) throws(BundleError) -> String {
        let descriptor = OwnedDescriptor(owning: try opened(path, O_RDONLY | O_NOFOLLOW))
        var digest = ContentDigest()
        var offset: Int64 = 0
        while true {
            let part = try bytes(of: descriptor, path, offset: offset, count: 256 << 10)
            if part.isEmpty { return digest.finish() }
            digest.add(part)
            offset += Int64(part.count)
        }
    }
}
