// What a path means: the same file to every process of the machine, or, by way of /proc, one thing
// to this process and another to the next (/dev/stdin, /dev/fd/3, a link to one of them). And files
// that the kernel makes while they are read, whose size says nothing.

import CSwoopSystem
import Glibc

/// What a path is to other processes.
package enum FileName: Equatable, Sendable {
    /// The same file.
    case everywhere
    /// Something else: the same file is to them at another path.
    case elsewhere(String)
    /// Something else, and the file has no path that they could use.
    case here
}

extension FileName {
    /// Looks at what is on the way of a path.
    package init(of path: String) {
        guard Self.passesProcesses(PartFile.absolute(path)) else {
            self = .everywhere
            return
        }
        self = .here
        guard let resolved = unsafe realpath(path, nil) else { return }
        defer { unsafe free(resolved) }
        let real = unsafe String(cString: resolved)
        var (own, other) = (stat(), stat())
        // What was removed has a name, too, and another file may have taken it.
        guard !Self.isOfProcess(real), unsafe stat(path, &own) == 0, unsafe stat(real, &other) == 0,
            own.st_dev == other.st_dev, own.st_ino == other.st_ino
        else { return }
        self = .elsewhere(real)
    }

    private static func isOfProcess(_ path: String) -> Bool {
        path == "/proc" || path.hasPrefix("/proc/")
    }

    /// As many links as the system follows.
    private static let linksMax = 40

    /// Whether a path, or a link on its way, leads through /proc.
    private static func passesProcesses(_ path: String) -> Bool {
        var rest = Array(path.split(separator: "/").reversed())
        var here = ""
        var links = 0
        while let name = rest.popLast() {
            if name == "." { continue }
            if name == ".." {
                here = String(here[..<(here.lastIndex(of: "/") ?? here.startIndex)])
                continue
            }
            let next = here + "/" + name
            if isOfProcess(next) { return true }
            if let target = target(of: next), links < linksMax {
                links += 1
                if target.hasPrefix("/") { here = "" }
                rest += target.split(separator: "/").reversed()
            } else {
                here = next
            }
        }
        return false
    }

    private static func target(of link: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = unsafe readlink(link, &bytes, bytes.count - 1)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension FileRange {
    /// Whether a regular file is made while it is read: its size is that of nothing.
    package static func isMadeAsRead(_ path: String, byteCount: Int) -> Bool {
        if unsafe swoop_file_is_made(path) == 1 { return true }
        guard byteCount == 0 else { return false }
        return (try? whole(path, byteCountMax: 1))?.isEmpty == false
    }

    /// Everything that can be read of a file from its beginning, at most so many bytes; what would
    /// have to be waited for is an error.
    package static func whole(
        _ path: String, byteCountMax: Int
    ) throws(StorageError) -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .file(path: path, reason: reason(errno)) }
        defer { _ = close(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: min(byteCountMax, 1 << 16))
        while bytes.count < byteCountMax {
            let count = unsafe Glibc.read(file, &part, min(part.count, byteCountMax - bytes.count))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .file(path: path, reason: reason(errno)) }
            if count == 0 { break }
            bytes += part[..<count]
        }
        return bytes
    }

    private static func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
}
